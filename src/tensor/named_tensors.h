// Tensors with names: what a model, an optimizer and a file of weights have in common.
#pragma once

#include "tensor/tensor.h"

#include <string>
#include <utility>
#include <vector>

namespace lx {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// "[4,8] f32"
std::string describe(const Tensor& tensor);

/// Copies `from` into `to` in place when both have the same names, shapes and dtypes (in any order), else throws Error
/// before anything is touched: the names that are missing or unexpected, or the first tensor that differs. `source`
/// says where the tensors come from ("checkpoints/step-00000500/model.safetensors"), `target` who wants them ("model").
void copy_strictly(const NamedTensors& from, const NamedTensors& to, const std::string& source,
                   const std::string& target);

}  // namespace lx
