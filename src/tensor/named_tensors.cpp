// LibTorch 1.13 loads trustingly: a wrong dtype becomes garbage and a wrong shape replaces the parameter. We compare
// first.
#include "tensor/named_tensors.h"

#include "base/error.h"
#include "base/text.h"
#include "tensor/safetensors.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <map>

namespace lx {
namespace {

/// At most eight names in quotes: a foreign checkpoint may lack hundreds.
std::string quoted_names(const std::vector<std::string>& names) {
  std::string all;
  const size_t shown = std::min<size_t>(names.size(), 8);
  for (size_t i = 0; i < shown; ++i) all += (i ? ", '" : "'") + names[i] + "'";
  if (names.size() > shown) all += fmt::format(" and {} more", names.size() - shown);
  return all;
}

}  // namespace

std::string describe(const Tensor& tensor) {
  std::vector<std::string> sizes;
  for (const int64_t size : tensor.sizes()) sizes.push_back(std::to_string(size));
  std::string dtype(dtype_name(tensor.scalar_type()));
  std::transform(dtype.begin(), dtype.end(), dtype.begin(), [](unsigned char c) { return std::tolower(c); });
  return "[" + join(sizes, ",") + "] " + dtype;
}

void copy_strictly(const NamedTensors& from, const NamedTensors& to, const std::string& source,
                   const std::string& target) {
  std::map<std::string, Tensor> offered(from.begin(), from.end());
  std::map<std::string, Tensor> wanted(to.begin(), to.end());
  std::vector<std::string> missing, unexpected;
  for (const auto& [name, tensor] : to)
    if (!offered.contains(name)) missing.push_back(name);
  for (const auto& [name, tensor] : from)
    if (!wanted.contains(name)) unexpected.push_back(name);
  if (!missing.empty() || !unexpected.empty()) {
    std::string message;
    if (!missing.empty()) message += " lacks " + quoted_names(missing);
    if (!unexpected.empty()) message += (message.empty() ? " has " : " and has ") + quoted_names(unexpected);
    fail("{}{}{}: it was written by a different {}", source, message,
         unexpected.empty() ? "" : ", unknown to the " + target, target);
  }
  for (const auto& [name, tensor] : to) {
    const Tensor& found = offered.at(name);
    require(found.sizes() == tensor.sizes() && found.scalar_type() == tensor.scalar_type(),
            "{} has '{}' {}, the {} wants {}", source, name, describe(found), target, describe(tensor));
  }
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : to) tensor.copy_(offered.at(name));
}

}  // namespace lx
