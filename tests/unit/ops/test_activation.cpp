// Activations, the gated unit's parts, and turning: each beside its twin.
#include "ops/activation.h"
#include "ops/gated_unit.h"
#include "ops/rotate.h"
#include "unit/ops/twins.h"

using namespace lx;

TEST_CASE("activations equal their twins, whatever the strides") {
  at::manual_seed(1);
  using Function = Tensor (*)(const Tensor&);
  const std::vector<std::pair<std::function<Tensor(const Tensor&)>, Function>> all{
      {[](const Tensor& x) { return lx::gelu(x); }, gelu_reference},
      {[](const Tensor& x) { return lx::silu(x); }, silu_reference},
      {[](const Tensor& x) { return squared_relu(x); }, squared_relu_reference},
      {[](const Tensor& x) { return swiglu(x); }, swiglu_reference}};
  for (size_t i = 0; i < all.size(); ++i) {
    INFO("function " << i);
    const auto& [fused, plain] = all[i];
    same_as_twin([&](const Tensors& x) { return Tensors{fused(x[0])}; },
                 [&](const Tensors& x) { return Tensors{plain(x[0])}; }, {{3 * some({3, 37, 26})}});
    same_as_twin([&](const Tensors& x) { return Tensors{fused(x[0].transpose(0, 1))}; },
                 [&](const Tensors& x) { return Tensors{plain(x[0].transpose(0, 1))}; }, {{some({5, 7, 6})}});
    same_as_twin([&](const Tensors& x) { return Tensors{fused(x[0])}; },
                 [&](const Tensors& x) { return Tensors{plain(x[0])}; }, {{some({190, 190})}});
  }
  same_as_twin([](const Tensors& x) { return Tensors{times(x[0].transpose(0, 1), x[1])}; },
               [](const Tensors& x) { return Tensors{x[0].transpose(0, 1) * x[1]}; },
               {{some({5, 3, 9})}, {some({3, 5, 9})}});
}

TEST_CASE("activations keep their precision over the whole range of float32 and pass on what is no number") {
  const Tensor x = at::linspace(-30, 30, 600001, at::kFloat), exact = x.to(at::kDouble);
  // Of the larger of |x| and 1 / 1000: where gelu and silu cancel they are small beside x.
  const auto worst = [&](const Tensor& y, const Tensor& twin) {
    return ((y.to(at::kDouble) - twin).abs() / exact.abs().clamp_min(1e-3)).max().item<double>();
  };
  CHECK(worst(lx::gelu(x), at::gelu(exact)) < 2e-7);
  CHECK(worst(lx::silu(x), at::silu(exact)) < 2e-7);
  CHECK(worst(squared_relu(x), at::relu(exact).square()) < 2e-6);
  // bfloat16 has eight bits: what is lost besides the last of them is less than a quarter of it.
  const Tensor rough = x.to(at::kBFloat16), of = rough.to(at::kDouble);
  const Tensor lost = (lx::gelu(rough).to(at::kDouble) - at::gelu(of)).abs() - at::gelu(of).abs() / 256;
  CHECK((lost / of.abs().clamp_min(1e-3)).max().item<double>() < 3e-5);
  const Tensor leaf = rough.clone().set_requires_grad(true), leaf_of = of.clone().set_requires_grad(true);
  const Tensor slope = torch::autograd::grad({lx::gelu(leaf).sum()}, {leaf})[0].to(at::kDouble);
  const Tensor slope_of = torch::autograd::grad({at::gelu(leaf_of).sum()}, {leaf_of})[0];
  CHECK(((slope - slope_of).abs() - slope_of.abs() / 256).max().item<double>() < 1e-4);
  const Tensor far = at::tensor({-1e4F, -200.F, -90.F, 0.F, 90.F, 200.F, 1e4F});
  for (const Tensor& y : {lx::gelu(far), lx::silu(far)}) CHECK((y - at::relu(far)).abs().max().item<double>() < 1e-30);
  const Tensor none = at::full({5}, std::nan(""), at::kFloat);
  for (const auto type : {at::kFloat, at::kBFloat16})
    for (const Tensor& y : {lx::gelu(none.to(type)), lx::silu(none.to(type)), squared_relu(none.to(type))})
      CHECK(y.isnan().all().item<bool>());
}

TEST_CASE("without gradients an activation is written over what was given away, and over nothing else") {
  at::NoGradGuard off;
  const Tensor start = at::randn({3, 50});
  Tensor mine = start.clone();
  const void* memory = mine.data_ptr();
  const Tensor y = lx::gelu(std::move(mine));
  CHECK(y.data_ptr() == memory);
  const Tensor kept = start.clone();
  CHECK(at::equal(lx::gelu(kept), y));
  CHECK(at::equal(kept, start));
  Tensor seen = start.clone();
  const Tensor view = seen.select(0, 1);
  (void)lx::gelu(std::move(seen));
  CHECK(at::equal(view, start.select(0, 1)));
}

TEST_CASE("the gated unit's parts equal their twin, with biases and without") {
  at::manual_seed(2);
  const auto with = [](auto parts_of) {
    return [parts_of](const Tensors& x) {
      const GatedParts p = x.size() > 3 ? parts_of(x[0], GatedSide{x[1], x[3]}, GatedSide{x[2], x[4]})
                                        : parts_of(x[0], GatedSide{x[1], {}}, GatedSide{x[2], {}});
      return Tensors{p.gate, p.value, p.query, p.key};
    };
  };
  for (const int64_t rows : {1, 150}) {
    const Input projected{some({2, rows, 2 * 9 + 5})};
    const Input gain{some({5}), true}, other{some({5}), true}, bias{some({5}), true}, last{some({5}), true};
    same_as_twin(with(gated_parts), with(gated_parts_reference), {projected, gain, other});
    same_as_twin(with(gated_parts), with(gated_parts_reference), {projected, gain, other, bias, last});
  }
}

TEST_CASE(
    "rotate equals its twin: tables of all or of each example, part of the channels, both kinds of pairs, gains") {
  at::manual_seed(4);
  const std::vector<std::vector<int64_t>> tables{{9, 3}, {1, 1, 9, 3}, {2, 1, 9, 3}};
  const std::vector<std::vector<int64_t>> gains{{}, {1, 1, 9}, {2, 1, 9}, {1, 4, 1}, {2, 4, 9}};
  for (const auto& table : tables) {
    for (const auto& shape : gains) {
      for (const Pairs pairs : {Pairs::halves, Pairs::neighbours}) {
        for (const int64_t width : {6, 11}) {
          const Tensor cosine = some(table).to(at::kFloat), sine = some(table).to(at::kFloat);
          const Tensor gain = shape.empty() ? Tensor() : some(shape).to(at::kFloat).to(at::kDouble);
          same_as_twin(
              [&](const Tensors& x) { return Tensors{rotate(x[0].transpose(1, 2), cosine, sine, gain, pairs)}; },
              [&](const Tensors& x) {
                return Tensors{
                    rotate_reference(x[0].transpose(1, 2), cosine.to(at::kDouble), sine.to(at::kDouble), gain, pairs)};
              },
              {{some({2, 9, 4, width})}});
        }
      }
    }
  }
}

TEST_CASE("a gain that is learned has its gradient through rotate") {
  at::manual_seed(5);
  const Tensor cosine = some({9, 4}).to(at::kFloat), sine = some({9, 4}).to(at::kFloat);
  same_in(
      at::kFloat, [&](const Tensors& x) { return Tensors{rotate(x[0], cosine, sine, x[1])}; },
      [&](const Tensors& x) {
        return Tensors{rotate_reference(x[0], cosine.to(at::kDouble), sine.to(at::kDouble), x[1])};
      },
      {{some({2, 3, 9, 8})}, {some({1, 3, 9})}});
}
