// Small models from YAML, for tests of what models are made of.
#pragma once

#include "base/error.h"
#include "config/yaml.h"
#include "model/model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lx {

inline std::shared_ptr<Model> built(const std::string& model, const std::string& stack = "[rope]",
                                    int64_t vocabulary = 11) {
  auto made = build_model(config::parse_yaml(model, "model"), config::parse_yaml("stack: " + stack, "encoding"),
                          config::Node(config::List{}), {.vocabulary = vocabulary, .trained_length = 16}, Random(1));
  made->to(at::kDouble);
  made->eval();
  return made;
}

inline std::vector<std::string> parameter_names(const torch::nn::Module& module) {
  std::vector<std::string> names;
  for (const auto& item : module.named_parameters()) names.push_back(item.key());
  return names;
}

inline Tensor some_tokens(int64_t vocabulary = 11) {
  at::manual_seed(5);
  return at::randint(0, vocabulary, {2, 9}, at::kLong);
}

/// Of each parameter by itself, at a few places: the slope that autograd gives against that of two function values.
inline double worst_slope(torch::nn::Module& module, const std::function<Tensor()>& value) {
  module.zero_grad();
  value().backward();
  double worst = 0;
  const at::NoGradGuard off;
  for (const auto& item : module.named_parameters()) {
    const Tensor flat = item.value().view({-1}), grad = item.value().grad();
    if (!grad.defined()) return INFINITY;
    for (const int64_t at : {int64_t{0}, flat.numel() / 2, flat.numel() - 1}) {
      const double step = 1e-5, before = flat[at].item<double>();
      flat[at].fill_(before + step);
      const double up = value().item<double>();
      flat[at].fill_(before - step);
      const double down = value().item<double>();
      flat[at].fill_(before);
      const double slope = grad.view({-1})[at].item<double>();
      worst = std::max(worst, std::abs((up - down) / (2 * step) - slope) / (1 + std::abs(slope)));
    }
  }
  return worst;
}

}  // namespace lx
