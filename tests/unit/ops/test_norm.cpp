// Norms over channels, alone and with the residual sum.
#include "ops/norm.h"
#include "unit/ops/twins.h"

#include <ATen/Parallel.h>

using namespace lx;

namespace {

RowNorm norm_of(bool centred, const Tensors& x, size_t gain, size_t bias) {
  return {centred, x.size() > gain ? x[gain] : Tensor(), x.size() > bias ? x[bias] : Tensor(), 1e-5};
}

}  // namespace

TEST_CASE("a norm equals its twin: both kinds, with gain and bias or without, ragged rows, any strides") {
  at::manual_seed(3);
  for (const bool centred : {false, true}) {
    INFO(centred);
    for (const auto out : {at::kFloat, at::kBFloat16}) {
      const auto plain = [&](const Tensors& x) {
        return Tensors{norm_rows_reference(x[0], norm_of(centred, x, 1, 2), at::kDouble)};
      };
      const auto fused = [&](const Tensors& x) {
        const Tensor y = norm_rows(x[0], norm_of(centred, x, 1, 2), out);
        REQUIRE(y.scalar_type() == out);
        return Tensors{y};
      };
      const auto type = out == at::kFloat ? at::kFloat : at::kBFloat16;
      same_in(type, fused, plain, {{some({3, 70, 13}) + 1}});
      same_in(type, fused, plain, {{some({3, 70, 13}) + 1}, {some({13}), true}});
      same_in(type, fused, plain, {{some({1, 300, 37})}, {some({37}), true}, {some({37}), true}});
      same_in(type, fused, plain, {{some({1, 1, 1, 16})}, {some({16}), true}});
      const auto turned = [&](const Tensors& x) {
        return Tensors{norm_rows(x[0].transpose(1, 2), norm_of(centred, x, 1, 2), out)};
      };
      const auto turned_plain = [&](const Tensors& x) {
        return Tensors{norm_rows_reference(x[0].transpose(1, 2), norm_of(centred, x, 1, 2), at::kDouble)};
      };
      same_in(type, turned, turned_plain, {{some({2, 151, 3, 8})}, {some({8}), true}});
      const auto slanted = [&](const Tensors& x) { return Tensors{norm_rows(x[0].t(), {.centred = centred}, out)}; };
      const auto slanted_plain = [&](const Tensors& x) {
        return Tensors{norm_rows_reference(x[0].t(), {.centred = centred}, at::kDouble)};
      };
      same_in(type, slanted, slanted_plain, {{some({9, 140})}});
    }
  }
}

TEST_CASE("sum and norm in one pass equal the two: with a factor on the stream, gain, bias, in both types") {
  at::manual_seed(4);
  for (const bool centred : {false, true}) {
    for (const double alpha : {1.0, 1.7}) {
      INFO(centred << " " << alpha);
      const auto fused_to = [&](at::ScalarType out) {
        return [=](const Tensors& x) {
          const auto [sum, normed] = join_and_norm(x[0], x[1], alpha, norm_of(centred, x, 2, 3), out);
          REQUIRE(sum.scalar_type() == at::kFloat);
          REQUIRE(normed.scalar_type() == out);
          return Tensors{sum, normed};
        };
      };
      const auto plain = [&](const Tensors& x) {
        const auto [sum, normed] = join_and_norm_reference(x[0], x[1], alpha, norm_of(centred, x, 2, 3), at::kDouble);
        return Tensors{sum, normed};
      };
      // The stream is float32 like a parameter.
      const Input stream{some({2, 150, 21}), true}, gain{some({21}), true}, bias{some({21}), true};
      const Input branch{some({2, 150, 21})};
      same_in(at::kFloat, fused_to(at::kFloat), plain, {stream, branch});
      same_in(at::kFloat, fused_to(at::kFloat), plain, {stream, branch, gain, bias});
      same_in(at::kBFloat16, fused_to(at::kBFloat16), plain, {stream, branch, gain});
      same_in(at::kBFloat16, fused_to(at::kFloat), plain, {stream, branch, gain, bias});
    }
  }
}

TEST_CASE("a sum whose norm nobody reads, and a norm whose sum nobody reads, have their gradients") {
  at::manual_seed(5);
  for (const size_t used : {0, 1}) {
    const auto one = [&](const Tensors& x) {
      const auto [sum, normed] = join_and_norm(x[0], x[1], 1.3, {.gain = x[2]}, at::kFloat);
      return Tensors{(used == 0 ? sum : normed) + 0 * x[2]};
    };
    const auto plain = [&](const Tensors& x) {
      const auto [sum, normed] = join_and_norm_reference(x[0], x[1], 1.3, {.gain = x[2]}, at::kDouble);
      return Tensors{(used == 0 ? sum : normed) + 0 * x[2]};
    };
    same_in(at::kFloat, one, plain, {{some({3, 5, 11})}, {some({3, 5, 11})}, {some({11})}});
  }
}

TEST_CASE("without gradients the sum is written over a stream that was given away, and over no other") {
  at::NoGradGuard off;
  at::manual_seed(6);
  const Tensor start = at::randn({4, 7, 10}), branch = at::randn({4, 7, 10});
  Tensor mine = start.clone();
  const void* memory = mine.data_ptr();
  const auto given = join_and_norm(std::move(mine), branch, 1, {}, at::kFloat);
  CHECK(given.sum.data_ptr() == memory);
  CHECK(at::equal(given.sum, start + branch));

  const Tensor kept = start.clone();
  const auto lent = join_and_norm(kept, branch, 1, {}, at::kFloat);
  CHECK(at::equal(kept, start));
  CHECK(at::equal(lent.sum, given.sum));
  CHECK(at::equal(lent.normed, given.normed));

  Tensor seen = start.clone();
  const Tensor view = seen.select(0, 1);
  (void)join_and_norm(std::move(seen), branch, 1, {}, at::kFloat);
  CHECK(at::equal(view, start.select(0, 1)));
}

TEST_CASE("gradients of gains have the same bits whatever the threads") {
  at::manual_seed(7);
  const Tensor x = at::randn({1000, 24}), d = at::randn({1000, 24}), gain = at::randn({24}).set_requires_grad(true);
  const int before = at::get_num_threads();
  const auto slope = [&](int threads) {
    at::set_num_threads(threads);
    return torch::autograd::grad({(norm_rows(x, {.gain = gain}, at::kFloat) * d).sum()}, {gain})[0];
  };
  const Tensor one = slope(1), two = slope(2);
  at::set_num_threads(before);
  CHECK(at::equal(one, two));
}
