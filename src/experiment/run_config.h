// The whole configuration of one run, and how it comes to be: files composed, overrides applied, references resolved,
// every key checked.
#pragma once

#include "base/files.h"
#include "config/compose.h"
#include "config/fields.h"
#include "config/node.h"
#include "eval/evaluator.h"
#include "experiment/runtime.h"
#include "result/record.h"
#include "train/train_config.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lx {

struct RunConfig {
  std::string experiment = "default";
  int64_t seed = 0;
  int64_t length = 128;
  config::Node model{config::Map{}}, encoding{config::Map{}}, objective{config::Map{}}, data{config::Map{}};
  TrainConfig train;
  EvalConfig eval;
  RuntimeConfig runtime;
  config::Node launcher{config::Map{}}, sweep{config::Map{}};
  std::string output = "results";
  static constexpr auto fields() {
    using C = RunConfig;
    return std::tuple{
        config::field("experiment", &C::experiment, "name of the folder below `output`"),
        config::field("seed", &C::seed, "starts every random stream: weights and training data",
                      config::not_negative()),
        config::field("length", &C::length, "N, the tokens in a training window", config::at_least(2)),
        config::field("model", &C::model, "what is trained: `name` and its settings (lx config keys model)"),
        config::field("encoding", &C::encoding,
                      "the modifiers of attention: `stack`, `layers` by depth, or `groups` of heads"),
        config::field("objective", &C::objective,
                      "what the model is asked for: `name` (next_token, continuation, masked) and its settings"),
        config::field("data", &C::data, "what it is trained on (lx data list)"),
        config::field("train", &C::train, "how it is trained"),
        config::field("eval", &C::eval, "how it is judged"),
        config::field("runtime", &C::runtime, "where it computes"),
        config::field("launcher", &C::launcher, "what runs the cells of a sweep: `name` and its settings"),
        config::field("sweep", &C::sweep, "the cells of a sweep: product, zip, cells, exclude, seeds"),
        config::field("output", &C::output, "folder of all results; relative to the project")};
  }
};

/// What a person typed: overrides, and where configurations lie.
struct ConfigRequest {
  std::vector<fs::path> search_path;  // empty: the project's configs/
  std::string config_name = "run";
  std::vector<std::string> overrides;   // a path to a YAML file is an experiment laid over the primary configuration
  std::optional<int64_t> job_num = {};  // of a cell of a sweep
  bool common = false;                  // what all cells have in common: sweeps among the overrides are left out
};

struct ResolvedRun {
  RunConfig config;
  config::Node resolved;              // as stored with the run: without `launcher` and `sweep`
  config::Node composed;              // before references were resolved
  config::Node hydra{config::Map{}};  // how it is run: the node `hydra`, before references were resolved
  Facts choices;
  std::vector<std::string> defaults;   // in merge order
  std::vector<std::string> overrides;  // as typed
  std::string sizes;                   // what model.match chose, a sentence; empty: nothing was asked

  /// The two nodes that refer to each other, as config::resolve_hydra wants them.
  config::Composition composition() const { return {composed, hydra, {}, {}}; }
};

/// Where the configurations of a request lie: its own folders, else the project's configs/.
std::vector<fs::path> search_path(const ConfigRequest& request);

/// Composes, resolves and checks; where model.match asks for it, chooses the model's sizes (experiment/match.h) and
/// writes them into `resolved`. Throws Error with file:line:column that tells every missing value, or every mistake of
/// all sections.
ResolvedRun make_run_config(const ConfigRequest& request);

/// What is composed: experiment files among the words have their place in it.
config::ComposeRequest compose_request(const ConfigRequest& request);

/// Composes only: values may still be missing and references lead nowhere. `config` and `resolved` stay empty.
ResolvedRun compose_run_config(const ConfigRequest& request);

/// Checks a resolved configuration (of an earlier run, say) and reads it. Throws Error that tells all mistakes.
RunConfig read_run_config(const config::Node& resolved);

/// The name of a run: 16 hex digits of all that can change its numbers. `data_hash`: the corpus's own (Task).
std::string run_id(const config::Node& resolved, const std::string& data_hash);

}  // namespace lx
