// Dropout: how many go, what becomes of the rest, and that gradients go the same way.
#include "ops/dropout.h"
#include "unit/ops/twins.h"

#include <ATen/Parallel.h>

using namespace lx;

TEST_CASE("dropout takes its share, scales the rest, and takes others the next time") {
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    at::manual_seed(3);
    const Tensor x = at::ones({301, 333}, type);
    for (const double rate : {0.1, 0.5, 0.75}) {
      const Tensor y = lx::dropout(x, rate), other = lx::dropout(x, rate);
      const Tensor gone = (y == 0).to(at::kDouble);
      CHECK(gone.mean().item<double>() == Approx(rate).margin(0.01));
      CHECK(gone.mean(0).sub(rate).abs().max().item<double>() < 0.15);  // no column, no row is special
      CHECK(gone.mean(1).sub(rate).abs().max().item<double>() < 0.15);
      // Neighbours, and the two draws, know nothing of each other.
      const auto related = [](const Tensor& a, const Tensor& b) {
        return ((a - a.mean()) * (b - b.mean())).mean().div(a.std() * b.std()).template item<double>();
      };
      CHECK(std::abs(related(gone.flatten().slice(0, 1), gone.flatten().slice(0, 0, -1))) < 0.02);
      CHECK(std::abs(related(gone, (other == 0).to(at::kDouble))) < 0.02);
      const Tensor kept = y.masked_select(y != 0).to(at::kDouble);
      CHECK((kept - 1 / (1 - rate)).abs().max().item<double>() < (type == at::kFloat ? 1e-6 : 1e-2));
    }
    CHECK(lx::dropout(x, 1).abs().max().item<double>() == 0);
  }
}

TEST_CASE(
    "dropout repeats itself from the same seed, whatever the threads, and its gradient goes where the values went") {
  const Tensor x = at::randn({257, 129}).set_requires_grad(true);
  const int before = at::get_num_threads();
  const auto drawn = [&](int threads) {
    at::set_num_threads(threads);
    at::manual_seed(9);
    return lx::dropout(x, 0.3);
  };
  const Tensor one = drawn(1), two = drawn(2);
  at::set_num_threads(before);
  CHECK(at::equal(one, two));
  const Tensor slope = torch::autograd::grad({one.sum()}, {x})[0];
  CHECK((slope * x - one).abs().max().item<double>() < 1e-6);
}
