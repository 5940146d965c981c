#include "model/readout.h"

#include "base/error.h"
#include "ops/product.h"

#include <ATen/ATen.h>

namespace lx {

Readout::Readout(OutputMap map, int64_t vocabulary, int64_t width, const Initialiser& init) : map_(map) {
  require(map != OutputMap::shuffled || width % 2 == 0,
          "model.output: shuffled swaps the halves of the width, which must be even, got {}", width);
  if (map == OutputMap::untied) weight_ = register_parameter("weight", init.embedding("output", vocabulary, width));
  if (map == OutputMap::projected)
    projection_ = register_parameter("projection", init.orthogonal("output projection", width, width));
}

VocabularyMap Readout::map(const Tensor& hidden, const Tensor& embedding) const {
  switch (map_) {
    case OutputMap::untied:
      return {hidden, weight_};
    case OutputMap::projected:
      return {linear(hidden, projection_, Tensor()), embedding};
    case OutputMap::shuffled: {
      const auto halves = hidden.chunk(2, -1);
      return {at::cat({halves[1], halves[0]}, -1), embedding};
    }
    case OutputMap::tied:
      break;
  }
  return {hidden, embedding};
}

Tensor Readout::forward(const Tensor& hidden, const Tensor& embedding) const {
  const VocabularyMap map = this->map(hidden, embedding);
  return linear(map.rows, map.weight, map.bias, Gives::float32);
}

}  // namespace lx
