// Products of bfloat16 factors against their plain twin. Both multiply the same rounded factors and sum in float32, so
// float32 results differ by the order of their sums alone (1e-5 of the largest); results rounded to bfloat16 may then
// fall to either side of a rounding boundary: one step of its last bit, 2^-7 of the number itself.
#include "catch.h"
#include "ops/precision.h"
#include "ops/product.h"
#include "ops/weight_packs.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <vector>

using namespace lx;

namespace {

struct Bf16Law {
  using Product = std::function<Tensor(const std::vector<Tensor>&, Gives)>;

  static bool close(const Tensor& a, const Tensor& b) {
    if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
    const Tensor x = a.detach().to(at::kDouble), y = b.detach().to(at::kDouble);
    const double relative = a.scalar_type() == at::kBFloat16 ? std::ldexp(1.0, -7) : 0;
    return ((x - y).abs() <= relative * y.abs() + 1e-5 * y.abs().max()).all().item<bool>();
  }

  /// Numbers that bfloat16 holds: what comes back through a product is rounded to it.
  static Tensor round_numbers(const Tensor& like) {
    return at::randn(like.sizes()).to(at::kBFloat16).to(like.scalar_type());
  }

  static std::vector<Tensor> leaves(const std::vector<Tensor>& inputs) {
    std::vector<Tensor> copies;
    for (const Tensor& input : inputs)
      copies.push_back(input.detach().clone(at::MemoryFormat::Preserve).set_requires_grad(true));
    return copies;
  }

  static void same(const Product& fused, const Product& plain, const std::vector<Tensor>& inputs) {
    const UsePrecision bf16(Precision::bf16);
    for (const Gives gives : {Gives::working, Gives::float32}) {
      const std::vector<Tensor> first = leaves(inputs), second = leaves(inputs);
      const Tensor a = fused(first, gives), b = plain(second, gives);
      CHECK(a.scalar_type() == (gives == Gives::float32 ? at::kFloat : at::kBFloat16));
      CHECK(close(a, b));
      const Tensor probe = round_numbers(b);
      const auto ga = torch::autograd::grad({a}, first, {probe}), gb = torch::autograd::grad({b}, second, {probe});
      for (size_t i = 0; i < ga.size(); ++i) {
        INFO("gradient of input " << i << ", " << ga[i].scalar_type());
        CHECK(ga[i].scalar_type() == inputs[i].scalar_type());
        CHECK(close(ga[i], gb[i]));
      }
    }
  }

  static Tensor half(const Tensor& x) { return x.to(at::kBFloat16); }
  static bool right(const Tensor& x, const Tensor& weight) {
    return close(linear(x, weight, Tensor()), linear_reference(x, weight, Tensor()));
  }
};

}  // namespace

TEST_CASE("linear in bf16 equals its twin, whatever the types, shapes and strides") {
  at::manual_seed(21);
  const auto law = [](const Bf16Law::Product& change, const std::vector<Tensor>& inputs) {
    const auto bias = [](const auto& x) { return x.size() > 2 ? x[2] : Tensor(); };
    Bf16Law::same([&](const auto& x, Gives gives) { return linear(change(x, gives), x[1], bias(x), gives); },
                  [&](const auto& x, Gives gives) { return linear_reference(change(x, gives), x[1], bias(x), gives); },
                  inputs);
  };
  const auto as_given = [](const auto& x, Gives) { return x[0]; };
  for (const auto& [inputs, outputs] : std::vector<std::pair<int64_t, int64_t>>{{7, 11}, {33, 1}, {1, 5}, {130, 67}}) {
    CAPTURE(inputs, outputs);
    const Tensor weight = at::randn({outputs, inputs}), bias = at::randn({outputs});
    law(as_given, {at::randn({3, 5, inputs}), weight});
    law(as_given, {Bf16Law::half(at::randn({3, 5, inputs})), weight, bias});
    law(as_given, {Bf16Law::half(at::randn({1, inputs})), weight, bias});
  }
  for (const int64_t tokens : {64, 255, 256, 257, 777}) {  // blocks of 256 tokens, in pairs
    CAPTURE(tokens);
    law(as_given, {Bf16Law::half(at::randn({tokens, 96})), at::randn({64, 96})});
    law([](const auto& x, Gives) { return x[0].narrow(-1, 3, 32); },
        {Bf16Law::half(at::randn({tokens, 40})), at::randn({32, 32})});
  }
  const Tensor weight = at::randn({11, 7});
  law([](const auto& x, Gives) { return x[0].transpose(0, 1); }, {Bf16Law::half(at::randn({3, 5, 7})), weight});
  law([](const auto& x, Gives) { return x[0].narrow(-1, 2, 7); }, {Bf16Law::half(at::randn({3, 5, 10})), weight});
  law([](const auto& x, Gives) { return x[0].t(); }, {Bf16Law::half(at::randn({7, 9})), weight});
  law([](const auto& x, Gives) { return x[0].expand({4, 7}); }, {at::randn({1, 7}), weight});
  law(as_given, {at::randn({4, 7}), at::randn({7, 11}).t()});
  law(as_given, {at::randn({4, 7}), Bf16Law::half(weight)});
}

TEST_CASE("product in bf16 equals its twin, whatever the types, strides and batch dimensions") {
  at::manual_seed(22);
  const auto fused = [](const auto& x, Gives gives) { return product(x[0], x[1], gives); };
  const auto plain = [](const auto& x, Gives gives) { return product_reference(x[0], x[1], gives); };
  Bf16Law::same(fused, plain, {at::randn({7, 5}), at::randn({5, 3})});
  Bf16Law::same(fused, plain, {Bf16Law::half(at::randn({2, 3, 7, 5})), Bf16Law::half(at::randn({2, 3, 5, 11}))});
  Bf16Law::same(fused, plain, {at::randn({1, 3, 1, 5}), Bf16Law::half(at::randn({1, 3, 5, 1}))});
  const auto turned = [](const Tensor& x) { return x.transpose(1, 2); };
  Bf16Law::same(
      [&](const auto& x, Gives gives) { return product(turned(x[0]), turned(x[1]).transpose(-1, -2), gives); },
      [&](const auto& x, Gives gives) {
        return product_reference(turned(x[0]), turned(x[1]).transpose(-1, -2), gives);
      },
      {Bf16Law::half(at::randn({2, 9, 3, 5})), Bf16Law::half(at::randn({2, 13, 3, 5}))});
}

TEST_CASE("in fp32, bfloat16 factors are multiplied as the float32 numbers they are") {
  at::manual_seed(23);
  const Tensor x = Bf16Law::half(at::randn({3, 7})), weight = at::randn({11, 7});
  CHECK(linear(x, weight, Tensor()).equal(linear(x.to(at::kFloat), weight, Tensor())));
  CHECK(product(x, weight.t()).equal(product(x.to(at::kFloat), weight.t())));
  CHECK(linear(x.to(at::kDouble), weight.to(at::kDouble), Tensor()).scalar_type() == at::kDouble);
}

TEST_CASE("a weight that changed is read anew, by itself in place and when told through memory") {
  const UsePrecision bf16(Precision::bf16);
  at::manual_seed(24);
  const Tensor flat = at::randn({11 * 7 + 13 * 7});
  Tensor weight = at::zeros({11, 7}).set_requires_grad(true);
  weight.set_data(flat.narrow(0, 0, 77).view({11, 7}));
  const Tensor other = flat.narrow(0, 77, 91).view({13, 7}), x = at::randn({5, 7});
  CHECK(Bf16Law::right(x, weight));
  CHECK(Bf16Law::right(x, other));
  {
    const at::NoGradGuard off;
    weight.mul_(-3);
  }
  CHECK(Bf16Law::right(x, weight));
  flat.mul_(2);  // the parameter's own version stays
  weights_changed();
  CHECK(Bf16Law::right(x, weight));
  CHECK(Bf16Law::right(x, other));
  flat.data_ptr<float>()[3] = 100;
  weights_changed();
  CHECK(Bf16Law::right(x, weight));
  weight.set_data(at::randn({11, 7}));
  CHECK(Bf16Law::right(x, weight));
}

TEST_CASE("memory that one weight left to another never answers for it") {
  const UsePrecision bf16(Precision::bf16);
  at::manual_seed(25);
  const Tensor x = at::randn({5, 64});
  for (int i = 0; i < 20; ++i) CHECK(Bf16Law::right(x, at::randn({32, 64})));
}

TEST_CASE("a weight has at most two packs, whatever reads it, and none when it is gone") {
  if (!native_bf16()) return;  // the twin keeps none
  const UsePrecision bf16(Precision::bf16);
  const int64_t before = pack_count();
  {
    const Tensor weight = at::randn({11, 7}).set_requires_grad(true);
    {
      const at::NoGradGuard off;
      for (const int64_t rows : {1, 2, 5, 300}) (void)linear(at::randn({rows, 7}), weight, Tensor());
    }
    CHECK(pack_count() == before + 1);
    for (const int64_t rows : {1, 17}) {
      linear(at::randn({rows, 7}).set_requires_grad(true), weight, Tensor()).sum().backward();
      weights_changed();
    }
    CHECK(pack_count() == before + 2);
  }
  CHECK(pack_count() == before);
}

TEST_CASE("rows read one at a time give what they give together") {
  const UsePrecision bf16(Precision::bf16);
  at::manual_seed(26);
  const Tensor x = at::randn({9, 130}), weight = at::randn({67, 130}), bias = at::randn({67});
  const Tensor together = linear(x, weight, bias, Gives::float32);
  for (int64_t row = 0; row < 9; ++row)
    CHECK(Bf16Law::close(linear(x.narrow(0, row, 1), weight, bias, Gives::float32), together.narrow(0, row, 1)));
}
