// What a model is asked for on the windows that a task gives: the next token everywhere, the output that follows an
// input, or tokens that were taken out. The section `objective` of a run says which; it turns windows into examples for
// training, and says how evaluation reads a text so that every architecture is judged on the same tokens.
#pragma once

#include "base/registry.h"
#include "config/fields.h"
#include "task/task.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lx {

/// One way to read a text at each length.
struct Reading {
  std::string name;      // of the scores: "natural", "longer_input"
  std::string protocol;  // which targets, which context: a sentence; empty: as the text's own protocols say
};

/// A text cut for one length.
struct Examples {
  Batch batch;   // [P,L]; targets kIgnore where nothing is judged
  Tensor place;  // [P,L] int64: which of the W x M targets of its text each judged one is; else -1
};

class Objective {
 public:
  virtual ~Objective() = default;
  virtual Asks asks() const = 0;
  /// Tokens beyond the task's vocabulary that models must know (a mask).
  virtual int64_t extra_tokens() const { return 0; }
  /// Tokens of input and output in a training window; 0 and 0: a window is one text.
  struct Parts {
    int64_t input = 0, output = 0;
  };
  virtual Parts parts() const { return {}; }
  /// Makes examples of windows (tokens, and the token after each). The same random stream gives the same examples.
  /// `training` false: only what evaluation would judge has targets.
  virtual Batch examples(Batch windows, bool training, Random random) const = 0;
  /// How `text` is read at each length: one entry for each set of scores.
  virtual std::vector<Reading> readings(const Text& text) const = 0;
  /// Throws Error for a length that cannot be read so.
  virtual Examples cut(const Text& text, const Reading& reading, int64_t length) const = 0;
  /// Throws Error for lengths, in tokens, that evaluation could not read.
  virtual void check_lengths(const std::vector<int64_t>&) const {}
};

/// What an objective is built from besides its own settings.
struct ObjectiveContext {
  int64_t trained_length = 0;  // N
  int64_t vocabulary = 0;      // of the task
};

struct ObjectiveEntry {
  std::string summary;
  std::function<std::unique_ptr<Objective>(const config::Node& settings, const ObjectiveContext&)> make;
  std::function<std::vector<config::KeyHelp>()> help = {};
  std::string source = "";
  /// Reads the settings strictly.
  std::function<void(const config::Node& settings, const std::string& path)> check = {};
};

Registry<ObjectiveEntry>& objectives();

/// Of a resolved section `objective` (`name` and its settings). Throws Error with the place.
std::unique_ptr<Objective> make_objective(const config::Node& section, const ObjectiveContext& context);
/// Throws what make_objective would of the section itself.
void check_objective(const config::Node& section);
/// The next token everywhere: what a model is asked for unless something else is said.
const Objective& next_token();

/// A task whose training windows are the objective's examples, and whose vocabulary has the objective's tokens as well.
class AskedTask final : public Task {
 public:
  /// Both must live as long.
  AskedTask(const Task& task, const Objective& objective) : task_(task), objective_(objective) {}
  int64_t vocabulary() const override { return task_.vocabulary() + objective_.extra_tokens(); }
  double bytes_per_token() const override { return task_.bytes_per_token(); }
  Batch sample(Split split, int64_t length, int64_t count, Random random) const override {
    return objective_.examples(task_.sample(split, length, count, random), split == Split::train,
                               random.fork("objective"));
  }
  Text text(const TextRequest& request) const override { return task_.text(request); }
  std::string content_hash() const override { return task_.content_hash(); }
  std::vector<int64_t> encode(std::string_view text) const override { return task_.encode(text); }
  std::string decode(std::span<const int64_t> tokens) const override { return task_.decode(tokens); }

 private:
  const Task& task_;
  const Objective& objective_;
};

template <class T>
struct RegisterObjective {
  RegisterObjective(const char* name, const char* summary, const char* source = "") {
    objectives().add(name, {summary,
                            [](const config::Node& settings, const ObjectiveContext& context) {
                              return std::make_unique<T>(config::read<typename T::Config>(settings, "objective"),
                                                         context);
                            },
                            [] { return config::help<typename T::Config>(); }, source,
                            [](const config::Node& settings, const std::string& path) {
                              (void)config::read<typename T::Config>(settings, path);
                            }});
  }
};

}  // namespace lx

/// REGISTER_OBJECTIVE(Type, name, summary) or, with a paper or post behind it, (Type, name, summary, source).
#define REGISTER_OBJECTIVE(Type, ...) \
  [[maybe_unused]] const ::lx::RegisterObjective<Type> register_##Type { __VA_ARGS__ }
