// Every fused operation against its plain twin, values and gradients, on shapes that are multiples of nothing.
#include "catch.h"
#include "ops/product.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>

using namespace lx;

namespace {

using Operation = std::function<Tensor(const std::vector<Tensor>&)>;

double relative(const Tensor& a, const Tensor& b) {
  return ((a - b).abs().max() / (b.abs().max() + 1e-6)).item<double>();
}

/// `inputs` are leaves; both operations see the same values. Compares with the twin in float64.
void same(const Operation& fused, const Operation& plain, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> single, twice;
  for (const Tensor& input : inputs) {
    single.push_back(input.detach().clone(at::MemoryFormat::Preserve).set_requires_grad(true));
    twice.push_back(input.detach().to(at::kDouble).set_requires_grad(true));
  }
  const Tensor a = fused(single), b = plain(twice);
  REQUIRE(a.sizes() == b.sizes());
  CHECK(relative(a.to(at::kDouble), b) < 1e-5);
  const Tensor probe = at::randn_like(b);
  const auto ga = torch::autograd::grad({(a * probe.to(at::kFloat)).sum()}, single);
  const auto gb = torch::autograd::grad({(b * probe).sum()}, twice);
  for (size_t i = 0; i < ga.size(); ++i) {
    INFO("gradient of input " << i);
    CHECK(relative(ga[i].to(at::kDouble), gb[i]) < 1e-4);
  }
}

}  // namespace

TEST_CASE("product equals matmul, whatever the strides and batch dimensions") {
  at::manual_seed(1);
  const Operation fused = [](const auto& x) { return product(x[0], x[1]); };
  const Operation plain = [](const auto& x) { return product_reference(x[0], x[1]); };
  same(fused, plain, {at::randn({7, 5}), at::randn({5, 3})});
  same(fused, plain, {at::randn({2, 3, 7, 5}), at::randn({2, 3, 5, 11})});
  same(fused, plain, {at::randn({1, 3, 1, 5}), at::randn({1, 3, 5, 1})});
  same(fused, plain, {at::randn({2, 1, 2, 3, 4}), at::randn({2, 1, 2, 4, 3})});
  const Operation turned = [](const auto& x) {
    return product(x[0].transpose(1, 2), x[1].transpose(1, 2).transpose(-1, -2));
  };
  const Operation turned_plain = [](const auto& x) {
    return at::matmul(x[0].transpose(1, 2), x[1].transpose(1, 2).transpose(-1, -2));
  };
  same(turned, turned_plain, {at::randn({2, 9, 3, 5}), at::randn({2, 13, 3, 5})});
  const Operation spread = [](const auto& x) { return product(x[0], x[1].expand({3, 5, 4})); };
  const Operation spread_plain = [](const auto& x) { return at::matmul(x[0], x[1].expand({3, 5, 4})); };
  same(spread, spread_plain, {at::randn({3, 6, 5}), at::randn({1, 5, 4})});
}

TEST_CASE("linear equals its twin, with and without bias") {
  at::manual_seed(2);
  same([](const auto& x) { return linear(x[0], x[1], Tensor()); },
       [](const auto& x) { return linear_reference(x[0], x[1], Tensor()); },
       {at::randn({3, 5, 7}), at::randn({11, 7})});
  same([](const auto& x) { return linear(x[0], x[1], x[2]); },
       [](const auto& x) { return linear_reference(x[0], x[1], x[2]); },
       {at::randn({5, 7}), at::randn({11, 7}), at::randn({11})});
  same([](const auto& x) { return linear(x[0].transpose(0, 1), x[1], Tensor()); },
       [](const auto& x) { return linear_reference(x[0].transpose(0, 1), x[1], Tensor()); },
       {at::randn({3, 5, 7}), at::randn({1, 7})});
}
