#include "experiment/model_cost.h"

#include "experiment/scoring.h"
#include "model/initialiser.h"

#include <algorithm>

namespace lx {
namespace {

constexpr int64_t kBytes = 256;  // the vocabulary of every corpus

}  // namespace

std::shared_ptr<Model> unread_model(const RunConfig& config) {
  const UndrawnWeights only_shapes;
  return build_model(config.model, config.encoding, {}, model_context(config, *objective_of(config, kBytes), kBytes),
                     Random(static_cast<uint64_t>(config.seed)).fork("model"));
}

ExampleShape example_shape(const RunConfig& config, int64_t length) {
  const int64_t input = objective_of(config, kBytes)->parts().input;
  return {length, input > 0 ? std::max<int64_t>(length - (config.length - input), 0) : 0};
}

std::optional<double> cost_of(Model& model, const RunConfig& config, MatchOn on) {
  const ExampleShape shape = example_shape(config, config.length);
  switch (on) {
    case MatchOn::parameters:
      return static_cast<double>(parameter_count(model));
    case MatchOn::training:
      return operations_per_trained_token(model, shape);
    case MatchOn::inference:
      if (const auto work = work_of_decoding(model, shape)) return static_cast<double>(work->operations());
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace lx
