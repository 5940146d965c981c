// Scores many test-time variants of one trained model at many lengths on the same tokens, in one pass over each text.
//
// A window holds M + 1 tokens, M the longest length. How it is read at length L, and which of its M targets count, is
// the objective's to say (task/objective.h): the next token scores all of them in M / L separate pieces, a continuation
// the same last ones at every length. Sliding pieces overlap (eval/sliding.h).
#pragma once

#include "config/fields.h"
#include "eval/probe_config.h"
#include "eval/written.h"
#include "model/model.h"
#include "result/record.h"
#include "task/objective.h"
#include "task/task.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lx {

enum class Inapplicable { refuse, skip };
template <>
struct config::EnumNames<Inapplicable> {
  static constexpr std::array<std::pair<std::string_view, Inapplicable>, 2> names{
      {{"refuse", Inapplicable::refuse}, {"skip", Inapplicable::skip}}};
};

/// Which targets count as repeats.
struct RepeatConfig {
  int64_t order = 8;
  static constexpr auto fields() {
    return std::tuple{config::field("order", &RepeatConfig::order,
                                    "tokens before a target that must have been read before, with it",
                                    config::at_least(1))};
  }
};

struct EvalConfig {
  std::vector<int64_t> lengths;
  int64_t windows = 64;
  std::vector<std::string> texts{"natural"};
  std::vector<std::string> protocols{"natural", "tail"};
  int64_t stride = 0;
  int64_t period = 0;
  std::optional<RepeatConfig> repeats = RepeatConfig{};
  std::optional<WriteConfig> generate;
  std::optional<ProbeConfig> probe = {};
  config::Node variants = config::Map();
  Inapplicable inapplicable = Inapplicable::refuse;
  int64_t batch_tokens = 16384;
  std::string split = "test";

  static constexpr auto fields() {
    using config::at_least, config::field, config::not_negative;
    return std::tuple{
        field("lengths", &EvalConfig::lengths, "tokens read in one piece; each must divide the longest", at_least(1)),
        field("windows", &EvalConfig::windows, "at most this many windows a text, spread over documents", at_least(1)),
        field("texts", &EvalConfig::texts, "natural, repeated"),
        field("protocols", &EvalConfig::protocols,
              "readings of natural text: natural (all targets), tail (the last N), full (the first piece), sliding"),
        field("stride", &EvalConfig::stride, "sliding: targets from one piece to the next; 0: no such reading",
              not_negative()),
        field("period", &EvalConfig::period, "repeated: tokens before the text starts again; 0 is the trained length",
              not_negative()),
        field("generate", &EvalConfig::generate,
              "outputs that the model writes by itself, judged by exact match and edit distance (continuation)"),
        field("repeats", &EvalConfig::repeats,
              "accuracy on what was read before, by how far back it was; null: not told"),
        field("probe", &EvalConfig::probe, "what chosen heads look at; null: nothing is looked at"),
        field("variants", &EvalConfig::variants,
              "name: list of modifiers added for the test; the first is the baseline"),
        field("inapplicable", &EvalConfig::inapplicable,
              "a variant that makes no sense for the trained encoding: refuse the run, or skip the variant and say so"),
        field("batch_tokens", &EvalConfig::batch_tokens, "tokens in one forward pass; short pieces go together",
              at_least(1)),
        field("split", &EvalConfig::split, "test | valid | train"),
    };
  }
};

/// A model to be scored, and what its builder knows about it.
struct Subject {
  std::shared_ptr<Model> model;
  std::string executor;
  std::vector<std::string> notes;
  Subject(std::shared_ptr<Model> built) : model(std::move(built)) {}
  Subject(std::shared_ptr<Model> built, std::string kernel, std::vector<std::string> remarks = {})
      : model(std::move(built)), executor(std::move(kernel)), notes(std::move(remarks)) {}
};

/// Makes the model of one variant: its post-hoc modifiers appended, the trained weights loaded.
using BuildVariant = std::function<Subject(const config::Node& post_hoc)>;

struct EvalStep {
  std::string variant, text;
  int64_t length = 0;
  int64_t done = 0, total = 0;  // tokens read, of all variants, texts and lengths
};
/// Called after each forward pass; an exception thrown from it ends the evaluation.
using EvalProgress = std::function<void(const EvalStep&)>;

/// The texts of the results' table, in its order: repeated, and the readings of natural text; or the objective's own.
std::vector<std::string> tabulated_texts(const EvalConfig& config, const Objective& objective = next_token());

/// Throws Error for every mistake that can be seen before a model is built.
void check(const EvalConfig& config, int64_t trained_length);

/// The windows that evaluate() will score, one entry for each text. Throws Error when no document is long enough: call
/// it before training.
std::vector<Text> fetch_texts(const EvalConfig& config, const Task& task, int64_t trained_length);

/// Per-token scores and their summary, of what `objective` asks for. `progress` may be empty. Throws Error naming
/// variant and length when a loss is not finite.
EvalResult evaluate(const EvalConfig& config, const Task& task, int64_t trained_length, const BuildVariant& build,
                    const EvalProgress& progress = {}, const Objective& objective = next_token());

}  // namespace lx
