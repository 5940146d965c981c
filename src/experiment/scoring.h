// Scoring one trained model under every variant: builds each variant's model and gives it the trained weights,
// strictly.
#pragma once

#include "experiment/run_config.h"
#include "model/model.h"
#include "result/record.h"
#include "task/objective.h"
#include "task/task.h"

namespace lx {

/// What a configuration asks its model for, on windows of its length. `vocabulary`: the task's own.
std::unique_ptr<Objective> objective_of(const RunConfig& config, int64_t vocabulary);

/// What the model of a configuration must know besides its settings. `vocabulary`: the task's own.
ModelContext model_context(const RunConfig& config, const Objective& objective, int64_t vocabulary);

/// The model of a configuration with fresh weights, on the device of its runtime. Throws Error when the objective is
/// none that this architecture can answer.
std::shared_ptr<Model> fresh_model(const RunConfig& config, int64_t vocabulary, const config::Node& post_hoc);
std::shared_ptr<Model> fresh_model(const RunConfig& config, const Task& task, const config::Node& post_hoc = {});

/// Builds each variant once, so that a mistake in one is told before any work is done. With `inapplicable: skip` a
/// variant that makes no sense for the trained encoding is taken out of `config`. Returns a remark on each that is left
/// out, or that cannot read every length.
std::vector<std::string> try_variants(RunConfig& config, const Task& task);

/// SIGINT or SIGTERM came while scoring.
struct ScoringInterrupted {};

/// Runs the evaluation section over `trained`, with progress on the terminal. Throws ScoringInterrupted.
EvalResult score(const RunConfig& config, const Task& task, Model& trained);

}  // namespace lx
