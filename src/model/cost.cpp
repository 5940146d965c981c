#include "model/cost.h"

#include "model/in_mode.h"

#include <ATen/ATen.h>

#include <string_view>

namespace lx {
namespace {

struct CostParts {
  static bool within(std::string_view name, std::string_view part) { return name.find(part) != std::string_view::npos; }

  /// By its registered name: "layers.0.mixer.stack.alibi.slope".
  static int64_t& part_of(ParameterCount& count, std::string_view name) {
    if (within(name, ".stack.")) return count.encoding;
    if (within(name, "norm.")) return count.norms;
    if (within(name, ".mixer.")) return count.mixers;
    if (within(name, ".cross.")) return count.cross;
    if (within(name, ".feed_forward.")) return count.feed_forward;
    return name == "embedding" ? count.embedding : count.output;
  }

  static Batch example(const Model& model, const ExampleShape& shape) {
    const auto integers = at::TensorOptions().dtype(at::kLong);
    return model.arrange({.tokens = at::zeros({1, shape.length}, integers),
                          .targets = {},
                          .prefix = at::full({1}, shape.input, integers),
                          .source = {},
                          .source_lengths = {}});
  }

  static bool writes(const Model& model) {
    return model.answers(Asks::next_token) || model.answers(Asks::continuation);
  }
};

}  // namespace

ParameterCount count_parameters(const Model& model) {
  ParameterCount count;
  for (const auto& item : model.named_parameters()) CostParts::part_of(count, item.key()) += item.value().numel();
  return count;
}

Work work_of_example(Model& model, const ExampleShape& shape) {
  const InMode training(model, true);
  return model.work(CostParts::example(model, shape));
}

double operations_per_trained_token(Model& model, const ExampleShape& shape) {
  return 3 * static_cast<double>(work_of_example(model, shape).operations()) / static_cast<double>(shape.length);
}

std::optional<Work> work_of_decoding(Model& model, const ExampleShape& shape) {
  if (!CostParts::writes(model) || model.longest_text() < shape.length) return std::nullopt;
  const InMode testing(model, false);
  const Batch example = CostParts::example(model, shape);
  const int64_t written = example.tokens.size(1);
  Batch last;
  last.tokens = example.tokens.narrow(1, written - 1, 1);
  return model.work(last, {.tokens = written - 1, .source = example.source.defined() ? example.source.size(1) : 0});
}

}  // namespace lx
