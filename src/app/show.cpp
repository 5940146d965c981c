#include "app/show.h"

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "config/compose.h"
#include "config/experiment_file.h"
#include "config/sweep.h"
#include "experiment/encoding_view.h"
#include "experiment/model_card.h"
#include "experiment/run.h"
#include "report/encoding_json.h"
#include "report/encoding_svg.h"
#include "report/encoding_text.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace lx {
namespace {

bool is_setting(const std::string& word) {
  return word.find('=') != std::string::npos || word.ends_with(".yaml") || word.starts_with("~");
}

int64_t whole_number(const std::string& text, const std::string& flag) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    throw UsageError(fmt::format("--{} wants whole numbers, got '{}'", flag, text));
  return value;
}

std::vector<int64_t> whole_numbers(const Arguments& arguments, const std::string& flag) {
  std::vector<int64_t> all;
  const auto text = arguments.get(flag);
  if (!text) return all;
  for (const std::string& part : split(*text, ',')) all.push_back(whole_number(std::string(trim(part)), flag));
  return all;
}

std::string one_of(const Arguments& arguments, const std::string& flag, const std::vector<std::string>& known) {
  const std::string value = arguments.get(flag).value_or(known.front());
  if (std::find(known.begin(), known.end(), value) == known.end())
    throw UsageError(
        fmt::format("--{} is {}, got '{}'{}", flag, join(known, " or "), value, did_you_mean(value, known)));
  return value;
}

int show_encoding(const Arguments& arguments, const ConfigRequest& configuration) {
  ViewRequest request{.layers = whole_numbers(arguments, "layer"), .queries = whole_numbers(arguments, "queries")};
  request.training = one_of(arguments, "mode", {"test", "train"}) == "train";
  request.variant = arguments.get("variant").value_or("");
  request.part = arguments.get("part").value_or("");
  if (request.training && !request.variant.empty())
    throw UsageError("--variant changes what is read at test time: leave --mode train out");
  if (const auto text = arguments.get("length")) {
    request.length = whole_number(*text, "length");
    if (request.length < 1) throw UsageError(fmt::format("--length wants at least one token, got {}", request.length));
  }
  const std::string format = one_of(arguments, "format", {"text", "json"});
  const EncodingView view = view_encoding(make_run_config(configuration), request);
  if (const auto path = arguments.get("plot")) {
    const bool replaced = fs::exists(*path);
    write_file(*path, draw_encoding(view));
    // Standard output belongs to the view.
    std::fputs(fmt::format("{} {}\n", replaced ? "replaced" : "wrote", *path).c_str(), stderr);
  }
  fmt::print("{}", format == "json" ? encoding_json(view) : encoding_text(view));
  return 0;
}

/// "+model.width=3", for the key "model.": true
bool sets(const std::string& word, const std::string& key) {
  const size_t from = word.find_first_not_of("+~");
  return from != std::string::npos && word.compare(from, key.size(), key) == 0;
}

/// A model is named and no encoding; or --cost says so. What looks into stacks asks for the encoding.
bool asks_for_cost(const Arguments& arguments) {
  const auto any = [&](auto test) { return std::any_of(arguments.words.begin(), arguments.words.end(), test); };
  const auto of_encoding = [](const char* flag) {
    return fmt::format("--{} looks into an encoding: leave --cost out", flag);
  };
  bool looks = false;
  for (const char* flag : {"layer", "mode", "variant", "part", "queries", "plot"}) {
    if (arguments.has("cost") && arguments.has(flag)) throw UsageError(of_encoding(flag));
    looks = looks || arguments.has(flag);
  }
  if (arguments.has("cost")) return true;
  const bool model = any([](const std::string& word) { return sets(word, "model="); });
  const bool encoding = any([](const std::string& word) {
    return sets(word, "encoding") || sets(word, "eval.variants") || config::is_experiment_file(word);
  });
  return model && !encoding && !looks;
}

/// A column for each combination of what was typed with commas, named by what varies.
int show_cost(const Arguments& arguments, const ConfigRequest& request) {
  const auto text = arguments.get("length");
  const int64_t length = text ? whole_number(*text, "length") : 0;
  if (text && length < 1) throw UsageError(fmt::format("--length wants at least one token, got {}", length));
  const std::string format = one_of(arguments, "format", {"text", "json"});
  const std::vector<fs::path> folders = search_path(request);
  const auto options = [&](const std::string& group) { return config::options(folders, group); };
  const std::vector<config::SweepAxis> axes = config::sweep_axes({}, request.overrides, options);
  std::vector<ModelCard> cards;
  for (const auto& words : config::sweep_product(axes)) {
    ConfigRequest one = request;
    one.overrides = words;
    const ResolvedRun run = make_run_config(one);
    std::vector<std::string> name;
    for (const auto& [group, choice] : run.choices)
      if (group == "model") name.push_back(choice);
    for (size_t i = 0; i < words.size(); ++i)
      if (axes[i].is_sweep() && axes[i].key != "model") name.push_back(words[i]);
    cards.push_back(model_card(run, join(name, " "), length));
  }
  if (cards.empty()) throw UsageError("lx show --cost: these words name no model (a range without values)");
  fmt::print("{}", format == "json" ? model_cards_json(cards) : model_cards_text(cards));
  return 0;
}

}  // namespace

std::vector<Flag> show_flags() {
  return {{"cost", "", "", "what the model weighs and computes, whatever else is named"},
          {"layer", "", "I,...", "the layers shown in detail (one of each kind)"},
          {"mode", "", "train|test", "as it trains at N tokens, or as it is read at M (test)"},
          {"length", "", "M", "tokens at test time (the longest of eval.lengths)"},
          {"variant", "", "NAME", "as changed by eval.variants.NAME"},
          {"part", "", "NAME", "of an encoder-decoder: encoder or decoder (encoder)"},
          {"queries", "", "I,...", "the queries whose relative positions are shown (N-1 and M-1)"},
          {"format", "", "text|json", "for people, or exact and complete (text)"},
          {"plot", "", "FILE.svg", "draw it as well"}};
}

int show(const Arguments& arguments, const std::function<ConfigRequest(const Arguments&)>& request) {
  if (std::any_of(arguments.words.begin(), arguments.words.end(), is_setting))
    return asks_for_cost(arguments) ? show_cost(arguments, request(arguments))
                                    : show_encoding(arguments, request(arguments));
  if (arguments.words.size() > 1) throw UsageError("lx show takes one run, or settings of a configuration (KEY=VALUE)");
  for (const auto& [flag, value] : arguments.flags)
    throw UsageError(fmt::format("--{} looks into a configuration, as in lx show encoding=rope; a run has none", flag));
  show_run(find_run(arguments.words.empty() ? "last" : arguments.words.front()));
  return 0;
}

}  // namespace lx
