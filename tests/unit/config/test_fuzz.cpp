// Whatever the bytes, reading a configuration yields a value or an lx::Error: no crash, no other exception.
#include "base/random.h"
#include "config/interpolate.h"
#include "config/override.h"
#include "unit/config/helpers.h"

namespace lx::config {

namespace {

std::string random_bytes(Random& random, std::string_view alphabet) {
  std::string text;
  for (uint64_t n = random.below(40); n > 0; --n)
    text += alphabet.empty() ? static_cast<char>(random.below(256)) : alphabet[random.below(alphabet.size())];
  return text;
}

std::string mutated(std::string text, Random& random, std::string_view alphabet) {
  for (uint64_t n = 1 + random.below(4); n > 0 && !text.empty(); --n) {
    const size_t at = random.below(text.size());
    switch (random.below(4)) {
      case 0:
        text.erase(at, 1 + random.below(3));
        break;
      case 1:
        text.insert(at, 1, alphabet[random.below(alphabet.size())]);
        break;
      case 2:
        text[at] = static_cast<char>(random.below(256));
        break;
      default:
        text.insert(at, text.substr(random.below(text.size()), random.below(10)));
    }
  }
  return text;
}

// Runs the action; anything but success or lx::Error fails the test.
template <class Action>
bool survives(const std::string& input, const Action& action) {
  try {
    action(input);
    return true;
  } catch (const Error&) {
    return true;
  } catch (const std::exception& error) {
    UNSCOPED_INFO(error.what() << " for " << to_json(Node(input)));
    return false;
  }
}

template <class Action>
void hammer(uint64_t seed, const std::vector<std::string>& valid, std::string_view alphabet, int rounds,
            const Action& action) {
  Random random(seed);
  bool all = true;
  for (int i = 0; i < rounds && all; ++i) {
    all = all && survives(random_bytes(random, ""), action);
    all = all && survives(random_bytes(random, alphabet), action);
    all = all && survives(mutated(valid[random.below(valid.size())], random, alphabet), action);
  }
  CHECK(all);
}

}  // namespace

TEST_CASE("any bytes read as YAML are a value that round-trips, or an error") {
  hammer(1,
         {"a: 1\nb:\n  c: [1, 2, {d: e}]\n  f: 'g'\n", "x: &x {p: 1}\ny:\n  <<: *x\n  q: \"a\\nb\"\n",
          "defaults:\n- a: b\n- _self_\n", "s: |\n  text\n  more\nt: >-\n  x\n", "k: !!str 12\n? a\n: b\n",
          "- 1\n- - 2\n  - {}\n", "a: ${b.c}\n"},
         "ab:-?[]{},&*!|>'\"%@`#~ \n\t<=.0123456789", 1500, [](const std::string& text) {
           const Node node = parse_yaml(text, "fuzz.yaml");
           const Node back = parse_yaml(to_yaml(node), "back.yaml");
           require(to_yaml(back) == to_yaml(node), "not stable");
         });
}

TEST_CASE("any bytes read as an override are a value or an error") {
  hammer(2,
         {"a.b=1", "+a/b@c=[1,{x:y},'z']", "k=choice(a,'b',[c])", "k=range(start=1,stop=8,step=0.5)", "~k=${a.${b}}",
          "k=int(sort([3,'1']))", "k=\"a\\\"b\"", "k=a\\,b\\ "},
         "ab=+~,:[]{}()'\"\\$ .0123456789@/_e-", 4000, [](const std::string& text) {
           const Override override = parse_override(text);
           if (!override.is_sweep()) (void) override.value();
         });
}

TEST_CASE("any bytes read as JSON or as an interpolation are a value or an error") {
  hammer(3, {R"({"a": [1, 2.5, "x\n\u00e9", null, true], "b": {"__float__": "inf"}})"}, "{}[]\",:0123456789eE+-.ntf\\u",
         3000, [](const std::string& text) { parse_json(text, "fuzz.json"); });
  hammer(4,
         {"${a.b}", "x${mul:2,${a.b}}y", "${a[b]}", "${oc.select:a.x,[1,{k: 'v'}]}", "\\${a}", "\\\\${..a}",
          "${if:${eq:1,1},'a b',c}", "${range:1,9,2}", "${oc.decode:'[1,2]'}"},
         "ab$${}{}:.,[]'\"\\ 0123456789", 3000, [](const std::string& text) {
           Node node = parse_yaml("a: {b: 3}", "fuzz.yaml");
           node.set("r", text);
           resolve(node);
         });
}

TEST_CASE("any bytes in a file of a defaults list are a configuration or an error") {
  const ConfigFolder folder(Files{{"run", ""}, {"m/a", "x: 1"}, {"m/b", "defaults: [/m@n: a]"}});
  hammer(5,
         {"# @package _global_\ndefaults:\n- m: a\n- optional n: '${m}'\n- _self_\nx: 1\n",
          "defaults: [m: [a, b], override m: b]\n", "defaults:\n- m@p: a\n- /m@_here_: b\n"},
         "ab:-[]{}/@$_. \n?#m", 300, [&](const std::string& text) {
           folder.add("run", text);
           folder.run();
         });
}

}  // namespace lx::config
