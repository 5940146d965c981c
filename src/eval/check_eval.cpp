// What can be wrong with an evaluation section, and the texts it asks for.
#include "base/error.h"
#include "base/text.h"
#include "eval/evaluator.h"
#include "eval/probe.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <set>

namespace lx {
namespace {

const std::vector<std::string> kTextKinds{"natural", "repeated"};

Split split_called(const std::string& name) {
  std::vector<std::string> known;
  for (const Split split : kSplits) {
    if (split_name(split) == name) return split;
    known.emplace_back(split_name(split));
  }
  fail("eval.split: there is no split '{}'{} (known: {})", name, did_you_mean(name, known), join(known, ", "));
}

int64_t longest_of(const EvalConfig& config) { return *std::max_element(config.lengths.begin(), config.lengths.end()); }

int64_t period_of(const EvalConfig& config, int64_t trained_length) {
  return config.period > 0 ? config.period : trained_length;
}

void check_lengths(const EvalConfig& config) {
  require(!config.lengths.empty(), "eval.lengths is empty; name at least one length in tokens");
  const int64_t longest = longest_of(config);
  std::set<int64_t> seen;
  for (const int64_t length : config.lengths) {
    require(length > 0, "eval.lengths: a length is at least 1 token, got {}", length);
    require(seen.insert(length).second, "eval.lengths names {} twice", length);
    require(longest % length == 0,
            "eval.lengths: {} does not divide the longest length {}, so it could not score the same targets", length,
            longest);
  }
}

void check_texts(const EvalConfig& config, int64_t trained_length) {
  require(!config.texts.empty(), "eval.texts is empty; name natural, repeated or both");
  std::set<std::string> seen;
  for (const std::string& kind : config.texts) {
    require(std::find(kTextKinds.begin(), kTextKinds.end(), kind) != kTextKinds.end(),
            "eval.texts: there is no text '{}'{} (known: {}; eval.protocols names the readings of natural)", kind,
            did_you_mean(kind, kTextKinds), join(kTextKinds, ", "));
    require(seen.insert(kind).second, "eval.texts names '{}' twice", kind);
  }
  const int64_t period = period_of(config, trained_length);
  if (seen.count("repeated")) {
    require(longest_of(config) > period,
            "eval.texts asks for repeated text, but the longest length {} is not beyond the period {}; add a longer "
            "length, set a shorter eval.period, or leave 'repeated' out",
            longest_of(config), period);
  } else {
    require(config.period == 0, "eval.period is {} but eval.texts does not name 'repeated'", config.period);
  }
}

void check_protocols(const EvalConfig& config) {
  const bool natural = std::count(config.texts.begin(), config.texts.end(), "natural") > 0;
  require(natural || config.protocols == EvalConfig().protocols,
          "eval.protocols are readings of natural text, and eval.texts does not name 'natural'");
  require(!config.protocols.empty(), "eval.protocols is empty; name at least one of natural, tail, full, sliding");
  std::set<std::string> seen;
  for (const std::string& name : config.protocols) {
    static const std::vector<std::string> known{"natural", "tail", "full", "sliding"};
    require(std::find(known.begin(), known.end(), name) != known.end(),
            "eval.protocols: there is no reading '{}' of natural text{} (known: {})", name, did_you_mean(name, known),
            join(known, ", "));
    require(seen.insert(name).second, "eval.protocols names '{}' twice", name);
  }
  const bool sliding = seen.count("sliding") > 0;
  require(!sliding || config.stride > 0,
          "eval.protocols names 'sliding': say in eval.stride how many targets lie between two pieces");
  require(sliding || config.stride == 0, "eval.stride is {} but eval.protocols does not name 'sliding'", config.stride);
  const int64_t shortest = *std::min_element(config.lengths.begin(), config.lengths.end());
  require(config.stride <= shortest,
          "eval.stride is {}, more than the shortest length {}: targets between two pieces would not be judged",
          config.stride, shortest);
}

}  // namespace

std::vector<std::string> tabulated_texts(const EvalConfig& config, const Objective& objective) {
  std::vector<std::string> texts;
  for (const std::string& kind : config.texts) {
    Text text;
    text.name = kind;
    text.period = kind == "repeated" ? 1 : 0;
    const std::vector<Reading> readings = objective.readings(text);
    if (!readings.front().protocol.empty()) {  // the objective says itself what is judged
      for (const Reading& reading : readings) texts.push_back(reading.name);
      continue;
    }
    if (kind != "natural") {
      texts.push_back(kind);
      continue;
    }
    for (const bool sliding : {false, true})
      for (const std::string& name : config.protocols)
        if ((name == "sliding") == sliding) texts.push_back(name);
  }
  return texts;
}

void check(const EvalConfig& config, int64_t trained_length) {
  check_lengths(config);
  check_texts(config, trained_length);
  check_protocols(config);
  if (config.probe) check_probe(config);
  split_called(config.split);
  require(config.windows >= 1, "eval.windows is at least 1, got {}", config.windows);
  require(config.batch_tokens >= 1, "eval.batch_tokens is at least 1, got {}", config.batch_tokens);
  require(config.variants.is_map(), "{}eval.variants should be a dict of lists of modifiers, got {}",
          config.variants.place.prefix(), config.variants.kind_name());
  require(!config.variants.map().empty(), "{}eval.variants is empty; the model as trained is 'none: []'",
          config.variants.place.prefix());
  for (const auto& [name, modifiers] : config.variants.map()) {
    require(modifiers.is_list() || modifiers.is_null() || modifiers.is_map(),
            "{}eval.variants.{} should be a list of modifiers (or a dict with layers or groups), got {}",
            modifiers.place.prefix(), name, modifiers.kind_name());
  }
}

std::vector<Text> fetch_texts(const EvalConfig& config, const Task& task, int64_t trained_length) {
  std::vector<Text> texts;
  for (const std::string& kind : config.texts) {
    TextRequest request;
    request.kind = kind;
    request.split = split_called(config.split);
    request.length = longest_of(config);
    request.windows = config.windows;
    if (kind == "repeated") request.period = period_of(config, trained_length);
    texts.push_back(task.text(request));
    require(texts.back().tokens.dim() == 2 && texts.back().tokens.size(1) == request.length + 1 &&
                texts.back().tokens.size(0) == static_cast<int64_t>(texts.back().document.size()),
            "the task's {} text does not have the shape that was asked for", kind);
  }
  return texts;
}

}  // namespace lx
