// Whatever the bytes, reading a configuration yields a value that survives being written, or an lx::Error: no crash, no
// other exception. LX_FUZZ_ROUNDS=100 multiplies the rounds.
#include "base/random.h"
#include "fuzz/laws.h"
#include "unit/config/helpers.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <initializer_list>

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

int rounds(int usual) {
  const char* times = std::getenv("LX_FUZZ_ROUNDS");
  return usual * (times ? std::max(1, std::atoi(times)) : 1);
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
void hammer(uint64_t seed, const std::vector<std::string>& valid, std::string_view alphabet, int usual,
            const Action& action) {
  Random random(seed);
  bool all = true;
  for (int i = 0; i < rounds(usual) && all; ++i) {
    all = all && survives(random_bytes(random, ""), action);
    all = all && survives(random_bytes(random, alphabet), action);
    all = all && survives(mutated(valid[random.below(valid.size())], random, alphabet), action);
  }
  CHECK(all);
}

/// Random texts that mostly obey the grammar of overrides.
class OverrideWriter {
 public:
  explicit OverrideWriter(uint64_t seed) : random_(seed) {}

  std::string override() {
    std::string text = pick({"", "", "", "+", "++", "~"}) + pick({"a", "a.b", "a/b", "a.0.c", "a@p", "_x-1"}) + "=";
    text += element(0);
    for (uint64_t n = random_.below(3); n > 0; --n) text += pick({",", " , "}) + element(0);
    return text;
  }

 private:
  Random random_;

  std::string pick(std::initializer_list<std::string_view> words) {
    return std::string(*(words.begin() + random_.below(words.size())));
  }
  std::string several(int depth, const std::function<std::string()>& item) {
    std::string text;
    for (uint64_t n = random_.below(depth > 2 ? 1 : 4); n > 0; --n) text += item() + (n > 1 ? pick({",", ", "}) : "");
    return text;
  }
  std::string scalar() {
    return pick({"1",      "-2",        "1_0",      "007", "1.5",  "1e-3",   "nan", "inf",      "true",
                 "Null",   "x y",       "a:b",      "\\,", "a\\b", "${a.b}", "'q'", "\"d, d\"", "'it\\'s'",
                 "'\\\\'", "10 apples", "/x-1.txt", "é",   "*",    "'é#'",   "$x",  "\\ ",      "\\${a}"});
  }
  std::string element(int depth) {
    const auto inner = [&] { return element(depth + 1); };
    switch (depth > 3 ? 0 : random_.below(7)) {
      case 4:
        return "[" + several(depth, inner) + "]";
      case 5:
        return "{" + several(depth, [&] { return pick({"k", "a b", "1", "x.y"}) + ":" + inner(); }) + "}";
      case 6:
        return pick({"choice", "range", "interval", "glob", "int", "float", "str", "bool", "json_str", "sort",
                     "shuffle", "tag", "extend_list", "nope"}) +
               "(" + several(0, inner) + pick({"", "", ",reverse=true", ",step=2", ",seed=1", ",exclude=b*"}) + ")";
      default:
        return scalar();
    }
  }
};

}  // namespace

TEST_CASE("any bytes read as YAML are a value that round-trips, or an error") {
  hammer(1,
         {"a: 1\nb:\n  c: [1, 2, {d: e}]\n  f: 'g'\n", "x: &x {p: 1}\ny:\n  <<: *x\n  q: \"a\\nb\"\n",
          "defaults:\n- a: b\n- _self_\n", "s: |\n  text\n  more\nt: >-\n  x\n", "k: !!str 12\n? a\n: b\n",
          "- 1\n- - 2\n  - {}\n", "a: ${b.c}\n"},
         "ab:-?[]{},&*!|>'\"%@`#~ \n\t<=.0123456789", 1500, laws::yaml_law);
}

TEST_CASE("any bytes read as an override or a sweep are values that round-trip, or an error") {
  const std::vector<std::string> valid = {"a.b=1",
                                          "+a/b@c=[1,{x:y},'z']",
                                          "k=choice(a,'b',[c])",
                                          "k=range(start=1,stop=8,step=0.5)",
                                          "~k=${a.${b}}",
                                          "k=int(sort([3,'1']))",
                                          "k=\"a\\\"b\"",
                                          "k=a\\,b\\ ",
                                          "k=tag(log,int(interval(1,8)))"};
  const std::string_view alphabet = "ab=+~,:[]{}()'\"\\$ .0123456789@/_e-";
  hammer(2, valid, alphabet, 4000, laws::override_law);
  hammer(6, valid, alphabet, 4000, laws::sweep_law);
}

TEST_CASE("whatever the grammar of overrides allows is a value that round-trips, or an error") {
  OverrideWriter writer(7);
  Random random(8);
  bool all = true;
  int read = 0;
  for (int i = 0; i < rounds(6000) && all; ++i) {
    std::string text = writer.override();
    if (random.below(4) == 0) text = mutated(text, random, "a1,:=[]{}()'\"\\$ ");
    all = survives(text, laws::override_law) && survives(text, laws::sweep_law);
    try {
      parse_override(text);
      ++read;
    } catch (const Error&) {
    }
  }
  CHECK(all);
  CHECK(read > 1000);  // else it tests nothing but refusals
}

TEST_CASE("any bytes read as JSON or as an interpolation are a value or an error") {
  hammer(3, {R"({"a": [1, 2.5, "x\n\u00e9", null, true], "b": {"__float__": "inf"}})"}, "{}[]\",:0123456789eE+-.ntf\\u",
         3000, [](const std::string& text) { parse_json(text, "fuzz.json"); });
  hammer(4,
         {"${a.b}", "x${mul:2,${a.b}}y", "${a[b]}", "${oc.select:a.x,[1,{k: 'v'}]}", "\\${a}", "\\\\${..a}",
          "${if:${eq:1,1},'a b',c}", "${range:1,9,2}", "${oc.decode:'[1,2]'}", "${oc.create:[${s},{k: ${.b}}]}"},
         "ab$${}{}:.,[]'\"\\ 0123456789", 3000, laws::interpolation_law);
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
