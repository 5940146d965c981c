// The costs of a configuration's model, by formula: nothing runs, and no corpus is read.
#pragma once

#include "experiment/run_config.h"
#include "model/cost.h"
#include "model/match.h"

#include <memory>
#include <optional>

namespace lx {

/// The model of a configuration on the CPU, for what can be said without a corpus (whose text is bytes). Its
/// weights are not drawn: they hold anything.
std::shared_ptr<Model> unread_model(const RunConfig& config);

/// A training example, and one of `length` tokens as evaluation reads it: the output as long as in training, the input
/// longer. Where the objective draws inputs of several lengths, the longest.
ExampleShape example_shape(const RunConfig& config, int64_t length);

/// What model.match compares: parameters, or operations of one token of decoding at N or of training. Empty where the
/// model has none (an encoder decodes nothing).
std::optional<double> cost_of(Model& model, const RunConfig& config, MatchOn on);

}  // namespace lx
