// One pass over memory computes what the plain operations compute, and the same bits on any number of threads.
#include "base/random.h"
#include "catch.h"
#include "tensor/draw.h"
#include "tensor/tensor_memory.h"
#include "train/ema.h"
#include "train/flat_steps.h"
#include "train/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <functional>

using namespace lx;

namespace {

/// Values, gradients and two moments (the second not negative), as an optimizer finds them.
struct Flat {
  Tensor values, gradients, first, second;
  Flat(at::IntArrayRef sizes, uint64_t seed) {
    Random random(seed);
    values = normal_tensor(random, sizes);
    gradients = normal_tensor(random, sizes) * 3;
    first = normal_tensor(random, sizes);
    second = normal_tensor(random, sizes).square();
  }
};

using Step = std::function<void(Flat&)>;

constexpr double kScale = 0.37;
const AdamWStep kAdamW{
    .scale = kScale, .keep = 0.99, .beta1 = 0.9, .beta2 = 0.95, .root = 0.7, .eps = 1e-8, .rate = 0.02};
const LionStep kLion{.scale = kScale, .keep = 0.98, .beta1 = 0.9, .beta2 = 0.99, .rate = 0.01};
const TigerStep kTiger{.scale = kScale, .beta = 0.965, .decay = 0.05, .rate = 0.02};

/// Fused and plain from the same start, at sizes that are multiples of no vector and no chunk.
void same(const Step& fused, const Step& plain) {
  for (const auto& sizes : std::vector<std::vector<int64_t>>{{1, 3}, {7, 19}, {131, 257}}) {
    CAPTURE(sizes[0]);
    Flat one(sizes, 5), two(sizes, 5);
    fused(one);
    plain(two);
    CHECK(at::allclose(one.values, two.values, 2e-6, 1e-7));
    CHECK(at::allclose(one.first, two.first, 2e-6, 1e-7));
    CHECK(at::allclose(one.second, two.second, 2e-6, 1e-7));
    CHECK(at::equal(one.gradients, two.gradients));
    CHECK_FALSE(at::allclose(one.values, Flat(sizes, 5).values, 2e-6, 1e-7));
  }
}

void same_on_two_threads(const Step& step) {
  const int before = at::get_num_threads();
  Flat one({701, 257}, 6), two({701, 257}, 6);
  at::set_num_threads(1);
  step(one);
  at::set_num_threads(2);
  step(two);
  at::set_num_threads(before);
  CHECK(at::equal(one.values, two.values));
  CHECK(at::equal(one.first, two.first));
  CHECK(at::equal(one.second, two.second));
}

void law(const Step& fused, const Step& plain) {
  same(fused, plain);
  same_on_two_threads(fused);
}

}  // namespace

TEST_CASE("one pass of adamw is its plain twin") {
  law([](Flat& f) { adamw_step(f.values, f.gradients, f.first, f.second, kAdamW); },
      [](Flat& f) { adamw_step_reference(f.values, f.gradients, f.first, f.second, kAdamW); });
}

TEST_CASE("one pass of lion is its plain twin") {
  law([](Flat& f) { lion_step(f.values, f.gradients, f.first, kLion); },
      [](Flat& f) { lion_step_reference(f.values, f.gradients, f.first, kLion); });
}

TEST_CASE("one pass of tiger is its plain twin, whatever its size is taken of") {
  for (const TigerSize size : {TigerSize::one, TigerSize::whole, TigerSize::row})
    for (const double smallest : {0.0, 1.0})
      law([&](Flat& f) { tiger_step(f.values, f.gradients, f.first, size, smallest, kTiger); },
          [&](Flat& f) { tiger_step_reference(f.values, f.gradients, f.first, size, smallest, kTiger); });
}

TEST_CASE("one pass of an average is a lerp") {
  law([](Flat& f) { draw_to(f.values, f.gradients, 0.125); }, [](Flat& f) { f.values.lerp_(f.gradients, 0.125); });
}

TEST_CASE("sums of squares are exact to float64, with every instruction set and number of threads") {
  const int before = at::get_num_threads();
  Random random(7);
  for (const int64_t size : {1, 15, 16, 17, 200'003}) {
    const Tensor flat = normal_tensor(random, {size});
    at::set_num_threads(1);
    const double sum = square_sum(flat);
    CHECK(sum == Approx(flat.to(at::kDouble).square().sum().item<double>()).epsilon(1e-12));
    at::set_num_threads(2);
    CHECK(square_sum(flat) == sum);
    if (size < 16'000) CHECK(plain::flat_loops.square_sum(size, flat.data_ptr<float>()) == sum);
  }
  at::set_num_threads(before);
  CHECK(square_sum(at::full({3}, 1e30, at::kFloat)) == Approx(3e60));
}

TEST_CASE("a step from scaled gradients is a step from gradients that were scaled") {
  for (const std::string& name : optimizers().names()) {
    CAPTURE(name);
    std::vector<Tensor> after;
    for (const double scale : {1.0, 0.25}) {
      Random random(8);
      const NamedTensors named{{"weight", normal_tensor(random, {9, 5}).set_requires_grad(true)},
                               {"bias", normal_tensor(random, {5}).set_requires_grad(true)}};
      Parameters parameters(named, {});
      config::Node settings{config::Map{}};
      settings.set("name", name);
      const auto optimizer = make_optimizer(settings, "train.optimizer", parameters);
      for (int i = 0; i < 3; ++i) {
        for (const auto& [_, tensor] : named) tensor.grad().copy_(normal_tensor(random, tensor.sizes()) / scale);
        optimizer->step(0.01, scale);
      }
      after.push_back(named[0].second.detach().clone());
    }
    CHECK(at::equal(after[0], after[1]));  // powers of two: no rounding
  }
}
