// The loss over the vocabulary, made some rows at a time, against its plain twin.
#include "base/error.h"
#include "catch.h"
#include "ops/precision.h"
#include "ops/vocabulary_loss.h"
#include "tensor/batch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

using namespace lx;

namespace {

double gap(const Tensor& a, const Tensor& b) {
  const Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
  return ((x - y).abs().max() / (y.abs().max() + 1e-9)).item<double>();
}

/// Some targets not judged, the first and last token among them.
Tensor targets_for(int64_t rows, int64_t vocabulary) {
  Tensor targets = at::randint(0, vocabulary, {rows}, at::kLong);
  targets[0].fill_(0);
  targets[rows - 1].fill_(vocabulary - 1);
  for (int64_t row = 1; row + 1 < rows; row += 3) targets[row].fill_(kIgnore);
  return targets;
}

struct LossCase {
  VocabularyMap map;
  LossSums sums;
  std::vector<Tensor> leaves;

  LossCase(const VocabularyMap& given, at::ScalarType type, const Tensor& targets, const LossTerms& terms, bool fused) {
    const auto leaf = [&](const Tensor& x, at::ScalarType to) {
      return x.defined() ? x.detach().to(to).clone(at::MemoryFormat::Preserve).set_requires_grad(true) : x;
    };
    const at::ScalarType wide = fused ? at::kFloat : at::kDouble;
    map = {leaf(given.rows, fused ? type : at::kDouble), leaf(given.weight, wide), leaf(given.bias, wide)};
    leaves = {map.rows, map.weight};
    if (map.bias.defined()) leaves.push_back(map.bias);
    sums = fused ? vocabulary_loss(map, targets, terms) : vocabulary_loss_reference(map, targets, terms);
  }
  std::vector<Tensor> slopes() const { return torch::autograd::grad({sums.objective * 0.25}, leaves); }
};

void check_case(const VocabularyMap& map, at::ScalarType type, const LossTerms& terms, double tolerance) {
  const int64_t vocabulary = map.weight.size(0);
  CAPTURE(map.rows.sizes(), vocabulary, terms.label_smoothing, terms.z_loss);
  const Tensor targets = targets_for(map.rows.size(0), vocabulary);
  const VocabularyMap rounded{map.rows.to(type).to(at::kFloat), map.weight, map.bias};
  const LossCase fused(rounded, type, targets, terms, true), plain(rounded, type, targets, terms, false);
  CHECK(fused.sums.objective.item<double>() == Approx(plain.sums.objective.item<double>()).epsilon(tolerance));
  CHECK(fused.sums.nats == Approx(plain.sums.nats).epsilon(tolerance));
  if (tolerance < 1e-4) CHECK(fused.sums.correct == plain.sums.correct);
  const auto a = fused.slopes(), b = plain.slopes();
  for (size_t i = 0; i < a.size(); ++i) {
    INFO("gradient " << i);
    CHECK(a[i].scalar_type() == fused.leaves[i].scalar_type());
    CHECK(gap(a[i], b[i]) < 10 * tolerance);
  }
}

const std::vector<LossTerms> kTerms{{}, {.label_smoothing = 0.1}, {.z_loss = 0.01}, {0.2, 0.003}};

}  // namespace

TEST_CASE("the loss over the vocabulary in stretches of rows equals its twin, with gradients") {
  at::manual_seed(1);
  for (const LossTerms& terms : kTerms) {
    check_case({at::randn({7, 5}), at::randn({3, 5})}, at::kFloat, terms, 1e-5);
    check_case({at::randn({300, 6}), at::randn({1037, 6}), at::randn({1037})}, at::kFloat, terms, 1e-5);
    check_case({at::randn({9, 2, 6}).select(1, 1), at::randn({6, 77}).t(), at::randn({77})}, at::kFloat, terms, 1e-5);
  }
  check_case({at::randn({2, 3}), at::randn({1, 3})}, at::kFloat, {}, 1e-5);
}

TEST_CASE("the loss over the vocabulary takes bfloat16 states, and sums in float32") {
  at::manual_seed(2);
  for (const LossTerms& terms : kTerms) {
    const UsePrecision bf16(Precision::bf16);
    check_case({at::randn({130, 16}), at::randn({519, 16}) * 0.3}, at::kBFloat16, terms, 0.01);
  }
}

TEST_CASE("the loss is the same to the bit whatever the number of threads, and needs no gradient") {
  at::manual_seed(3);
  const VocabularyMap map{at::randn({700, 8}), at::randn({515, 8})};
  const Tensor targets = targets_for(700, 515);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const LossSums one = vocabulary_loss(map, targets, {});
  at::set_num_threads(3);
  const LossSums three = vocabulary_loss(map, targets, {});
  at::set_num_threads(threads);
  CHECK(one.nats == three.nats);
  CHECK(one.correct == three.correct);
  CHECK_FALSE(one.objective.requires_grad());
}

TEST_CASE("scores of tokens equal those from whole logits, and add up to the loss") {
  at::manual_seed(4);
  const VocabularyMap map{at::randn({600, 7}), at::randn({1031, 7}), at::randn({1031})};
  const Tensor targets = at::randint(0, 1031, {600}, at::kLong);
  const TokenScores scores = vocabulary_scores(map, targets);
  const TokenScores plain = token_scores(at::linear(map.rows, map.weight, map.bias), targets);
  CHECK(at::allclose(scores.nats, plain.nats, 1e-5, 1e-5));
  CHECK(at::equal(scores.hit, plain.hit));
  const LossSums sums = vocabulary_loss(map, targets, {});
  CHECK(scores.nats.sum().item<double>() == Approx(sums.nats).epsilon(1e-5));
  CHECK(scores.hit.sum().item<int64_t>() == sums.correct);
}

TEST_CASE("of equal logits the first is the largest; logits that are not finite show in the loss") {
  const Tensor identity = at::eye(4);
  const auto score = [&](const Tensor& logits, int64_t target) {
    return vocabulary_scores({logits.unsqueeze(0), identity}, at::tensor({target}, at::kLong));
  };
  const Tensor tie = at::tensor({1.F, 3.F, 3.F, 0.F});
  CHECK(score(tie, 1).hit.item<int64_t>() == 1);
  CHECK(score(tie, 2).hit.item<int64_t>() == 0);
  const VocabularyMap broken{at::ones({3, 4}), at::full({5, 4}, NAN)};
  CHECK(std::isnan(vocabulary_loss(broken, at::zeros({3}, at::kLong), {}).nats));
  const VocabularyMap far{at::tensor({0.F, -500.F, 80.F, 0.F}).unsqueeze(0), identity};
  CHECK(vocabulary_loss(far, at::tensor({1}, at::kLong), {}).nats == Approx(580));
}

TEST_CASE("a target that is no token is refused") {
  const VocabularyMap map{at::ones({2, 4}), at::ones({5, 4})};
  CHECK_THROWS_AS(vocabulary_loss(map, at::tensor({1, 5}, at::kLong), {}), Error);
  CHECK_THROWS_AS(vocabulary_loss(map, at::tensor({-1, 0}, at::kLong), {}), Error);
  CHECK_THROWS_AS(vocabulary_scores(map, at::tensor({kIgnore, int64_t{0}}, at::kLong)), Error);
  CHECK_THROWS_AS(vocabulary_loss(map, at::tensor({1}, at::kLong), {}), Error);
}
