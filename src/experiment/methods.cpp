#include "experiment/methods.h"

#include "base/text.h"
#include "config/file_header.h"
#include "config/yaml.h"
#include "encoding/company.h"
#include "encoding/register.h"
#include "encoding/stack_config.h"
#include "experiment/encoded_model.h"
#include "report/table.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lx {
namespace {

struct MethodTables {
  std::vector<Method> ready, mechanisms;

  explicit MethodTables(const ConfigRequest& request) {
    for (const std::string& name : ready_encodings(request)) ready.push_back(ready_method(request, name));
    for (const std::string& name : modifiers().names()) mechanisms.push_back(mechanism(name));
  }

  /// To be broken between questions only, where it is to be broken.
  static std::string shown_acts(const Method& method, bool in_lines = false) {
    std::vector<std::string> acts;
    for (const std::string& act : method.acts) acts.push_back(in_lines ? firm(act) : act);
    return acts.empty() ? "nothing" : join(acts, ", ");
  }

  /// Terminals are narrow: what the legend explains is left out.
  static std::string first_part(const std::string& text, std::string_view end) {
    return text.substr(0, text.find(end));
  }

  static std::string text(const std::vector<Method>& methods) {
    Table table({"name", "acts on", "fused", "decoding", "non-causal"}, 5);
    size_t width = 0;
    for (const Method& method : methods) width = std::max(width, method.name.size());
    for (const Method& method : methods) {
      const MethodPaths& paths = method.paths;
      const auto acts = split(wrapped(shown_acts(method, true), 0, 50), '\n');
      table.row({method.name, acts.front(), first_part(paths.fused, " only"), first_part(paths.decoding, ":"),
                 paths.noncausal});
      for (size_t line = 1; line < acts.size(); ++line) table.below(std::string(width + 2, ' ') + acts[line]);
      table.below(wrapped(method.summary + in_brackets(method.source), 6, 120));
    }
    return table.text();
  }

  static std::string markdown(const std::vector<Method>& methods) {
    Table table({"name", "what it is", "acts on", "one pass", "fused", "decoding", "non-causal", "source"}, 8);
    for (const Method& method : methods) {
      const MethodPaths& paths = method.paths;
      table.row({"`" + method.name + "`", method.summary, shown_acts(method), "yes", paths.fused, paths.decoding,
                 paths.noncausal, method.source});
    }
    return table.markdown();
  }

  static constexpr std::string_view kReady = "Methods ready to use (`encoding=NAME`):";
  static constexpr std::string_view kMechanisms =
      "Mechanisms (modifiers, for `encoding.stack` and `eval.variants`), each with its default settings:";
  static constexpr std::string_view kLegend =
      "Acts on: what a method changes; (train), (test): in that mode only. One pass: a whole text by plain ATen, with "
      "gradients. Fused: tiles on the CPU, O(T) memory forward and backward; plain only: sees the logits themselves, "
      "or positions that are no whole numbers under a bias. "
      "Decoding: token by token with memory, against one pass; it differs by design where a method looks at the whole "
      "length. Non-causal: with keys behind the query's place (a prefix, an encoder); a bag of words does not know "
      "their "
      "order.";
};

}  // namespace

std::vector<std::string> question_names(const Questions& questions) {
  std::vector<std::string> names;
  const auto add = [&](bool asked, const char* name) {
    if (asked) names.emplace_back(name);
  };
  add(questions.reveal, "who sees whom");
  add(questions.place, "where tokens stand");
  add(questions.tune, "turning");
  add(questions.shape, "what is compared");
  add(questions.sharpen, "sharpness");
  add(questions.adds(), "what is added");
  add(questions.embed, "input");
  add(questions.rewrite, "logits (dense)");
  add(questions.normalise, "softmax (dense)");
  return names;
}

std::vector<std::string> acts_of(const std::vector<const Stack*>& stacks) {
  const auto in_mode = [&](bool training) {
    Questions joined;
    for (const Stack* stack : stacks) joined.join(stack->questions(training));
    return joined;
  };
  const Questions train = in_mode(true), test = in_mode(false);
  Questions either = train;
  either.join(test);
  const auto trained = question_names(train), tested = question_names(test);
  std::vector<std::string> acts;
  for (const std::string& name : question_names(either)) {
    const bool in_train = std::find(trained.begin(), trained.end(), name) != trained.end();
    const bool in_test = std::find(tested.begin(), tested.end(), name) != tested.end();
    acts.push_back(name + (in_train && in_test ? "" : in_test ? " (test)" : " (train)"));
  }
  return acts;
}

MethodPaths paths_of(const std::vector<const Stack*>& stacks) {
  bool dense = false, whole = false, ahead = false, past = false, order = false;
  for (const Stack* stack : stacks) {
    const Traits test = stack->traits(false);
    whole = whole || test.depends_on_context;
    order = order || test.gives_order;
    for (const bool training : {true, false}) {
      dense = dense || stack->questions(training).dense();
      ahead = ahead || stack->traits(training).looks_ahead;
      past = past || stack->traits(training).past_only;
    }
  }
  return {.fused = dense ? "plain only" : "yes",
          .decoding = ahead   ? "no: looks ahead"
                      : whole ? "differs: looks at the whole length"
                              : "exact",
          .noncausal = past    ? "past only"
                       : order ? "yes"
                               : "bag of words"};
}

Method ready_method(const ConfigRequest& request, const std::string& name) {
  const config::FileHeader header = config::read_header(config_file(request, "encoding", name));
  ConfigRequest own = request;
  own.overrides.push_back("encoding=" + name);
  const EncodedModel built = encoded_model(own);
  std::vector<const Stack*> stacks;
  for (const PlacedStack& placed : built.stacks) stacks.push_back(placed.stack);
  return {name, header.summary, header.source, acts_of(stacks), paths_of(stacks)};
}

Method mechanism(const std::string& name) {
  const ModifierEntry& entry = modifiers().get(name);
  const Shape shape{.heads = 4, .key_heads = 4, .head_dim = 64, .width = 256, .trained_length = 128};
  const std::string company = in_company(name, shape);
  std::vector<Stack::Item> items;
  append_modifiers(items, *config::parse_yaml("stack: " + company, name).find("stack"), shape, "stack");
  const Stack stack(shape, std::move(items));
  MethodPaths paths = paths_of({&stack});
  if (!entry.questions.dense()) paths.fused = "yes";  // its company may be dense
  return {name, entry.summary, entry.source, question_names(entry.questions), std::move(paths)};
}

std::string in_brackets(const std::string& source) {
  std::string out;
  for (const std::string& one : split(source, ';'))
    if (!trim(one).empty()) out += (out.empty() ? "  [" : "; ") + firm(trim(one));
  return out.empty() ? out : out + "]";
}

std::string methods_text(const ConfigRequest& request) {
  const MethodTables tables(request);
  return fmt::format("{}\n\n{}\n{}\n\n{}\n{}", MethodTables::kReady, MethodTables::text(tables.ready),
                     MethodTables::kMechanisms, MethodTables::text(tables.mechanisms),
                     wrapped(std::string(MethodTables::kLegend), 0, 120) + "\n");
}

std::string methods_markdown(const ConfigRequest& request) {
  const MethodTables tables(request);
  return fmt::format("{}\n\n{}\n{}\n\n{}\n{}\n", MethodTables::kReady, MethodTables::markdown(tables.ready),
                     MethodTables::kMechanisms, MethodTables::markdown(tables.mechanisms),
                     wrapped(std::string(MethodTables::kLegend), 0, 120));
}

}  // namespace lx
