#include "ops/vocabulary_loss.h"

#include "base/error.h"
#include "base/profile.h"
#include "ops/cross_entropy_row.h"
#include "ops/precision.h"
#include "ops/product.h"
#include "ops/work.h"
#include "tensor/batch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>

namespace lx {
namespace {

struct VocabularyRows {
  static bool takes(const VocabularyMap& map) {
    const auto type = map.rows.scalar_type();
    return map.rows.device().is_cpu() && (type == at::kFloat || type == at::kBFloat16) &&
           map.weight.scalar_type() == at::kFloat;
  }

  /// Logits that stay in cache between a product and the loop over them, but rows enough for the product to be fast.
  static int64_t at_once(int64_t vocabulary) {
    constexpr int64_t kLogits = int64_t{1} << 18, kLeast = 256;
    return std::max(kLeast, kLogits / vocabulary);
  }

  /// judge(from, count, logits [count,V] float32, that may be written to) for all rows, stretch by stretch.
  template <class Judge>
  static void each(const VocabularyMap& map, Judge judge) {
    const int64_t rows = map.rows.size(0), stretch = at_once(map.weight.size(0));
    const Tensor weight = map.weight.to(map.rows.scalar_type());
    for (int64_t from = 0; from < rows; from += stretch) {
      const int64_t count = std::min(stretch, rows - from);
      Tensor logits = linear(map.rows.narrow(0, from, count), weight, Tensor()).to(at::kFloat).contiguous();
      judge(from, count, map.bias.defined() ? logits.add_(map.bias) : logits);
    }
  }

  static void check(const Tensor& targets, int64_t rows, int64_t vocabulary, bool may_ignore) {
    require(targets.dim() == 1 && targets.size(0) == rows, "{} rows of logits need as many targets, got {}", rows,
            targets.numel());
    const int64_t* target = targets.data_ptr<int64_t>();
    for (int64_t i = 0; i < rows; ++i)
      require((target[i] >= 0 && target[i] < vocabulary) || (may_ignore && target[i] == kIgnore),
              "target {} at place {} is no token of a vocabulary of {}", target[i], i, vocabulary);
  }

  template <class Row>
  static void parallel(int64_t rows, int64_t vocabulary, Row row) {
    at::parallel_for(0, rows, 32768 / vocabulary + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) row(i);
    });
  }
};

/// One pass over the rows: the sums and, where they are wanted, the gradients of their objective.
class VocabularyPass {
 public:
  struct Wanted {
    bool rows = false, weight = false, bias = false;
    bool any() const { return rows || weight || bias; }
  };

  VocabularyPass(const VocabularyMap& map, const Tensor& targets, const LossTerms& terms, Wanted wanted)
      : map_(map), targets_(targets), terms_(terms), wanted_(wanted) {
    const at::NoGradGuard off;
    losses_.resize(static_cast<size_t>(map.rows.size(0)));
    if (wanted.rows) d_rows = at::empty_like(map.rows, at::MemoryFormat::Contiguous);
    if (wanted.weight) d_weight = at::zeros_like(map.weight);
    if (wanted.bias) d_bias = at::zeros_like(map.bias);
    if (wanted.rows) factor_ = map.weight.to(working_type());
    const Timed part("loss");
    VocabularyRows::each(map, [&](int64_t from, int64_t count, const Tensor& logits) { stretch(from, count, logits); });
    add_up();
  }

  double objective = 0, nats = 0;
  int64_t correct = 0;
  Tensor d_rows, d_weight, d_bias;

 private:
  void stretch(int64_t from, int64_t count, const Tensor& logits) {
    const CrossEntropyRow& loops = cross_entropy_row();
    const int64_t vocabulary = logits.size(1);
    float* const x = logits.data_ptr<float>();
    const int64_t* const target = targets_.data_ptr<int64_t>() + from;
    CrossEntropyRow::Loss* const loss = losses_.data() + from;
    const auto smoothing = static_cast<float>(terms_.label_smoothing), z = static_cast<float>(terms_.z_loss);
    VocabularyRows::parallel(count, vocabulary, [&](int64_t i) {
      float* const row = x + i * vocabulary;
      if (target[i] == kIgnore) {
        if (wanted_.any()) std::fill_n(row, vocabulary, 0.F);
      } else if (wanted_.any()) {
        loss[i] = loops.differentiate(row, vocabulary, target[i], smoothing, z);
      } else {
        loss[i] = loops.judge(row, vocabulary, target[i]);
      }
    });
    if (wanted_.any()) differentiate(from, count, logits);
  }

  void differentiate(int64_t from, int64_t count, const Tensor& d_logits) {
    std::optional<WorkCounter::Pause> only_forward_counts;
    if (WorkCounter::on()) only_forward_counts.emplace();
    const Tensor d = d_logits.to(working_type());
    if (wanted_.rows) d_rows.narrow(0, from, count).copy_(product(d, factor_));
    if (wanted_.weight) d_weight.add_(product(d.t(), map_.rows.narrow(0, from, count).to(working_type())));
    if (wanted_.bias) d_bias.add_(d_logits.sum(0));
  }

  /// In the order of the rows, in double precision: the same whatever the threads.
  void add_up() {
    const double smoothing = terms_.label_smoothing;
    const int64_t* const target = targets_.data_ptr<int64_t>();
    for (size_t i = 0; i < losses_.size(); ++i) {
      if (target[i] == kIgnore) continue;
      const CrossEntropyRow::Loss& loss = losses_[i];
      nats += loss.nats;
      correct += loss.hit ? 1 : 0;
      objective += (1 - smoothing) * loss.nats;
      if (smoothing > 0) objective += smoothing * loss.spread;
      if (terms_.z_loss > 0) objective += terms_.z_loss * loss.log_sum * loss.log_sum;
    }
  }

  const VocabularyMap& map_;
  const Tensor& targets_;
  LossTerms terms_;
  Wanted wanted_;
  Tensor factor_;  // the weight as products want it
  std::vector<CrossEntropyRow::Loss> losses_;
};

struct VocabularyLossFunction : torch::autograd::Function<VocabularyLossFunction> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& rows, const Tensor& weight,
                        const Tensor& bias, const VocabularyPass& pass) {
    context->save_for_backward({pass.d_rows, pass.d_weight, pass.d_bias});
    return at::full({}, pass.objective, at::kFloat);
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const Timed part("loss");
    torch::autograd::tensor_list scaled;
    for (const Tensor& made : context->get_saved_variables())
      scaled.push_back(made.defined() ? made * gradients[0] : Tensor());
    scaled.emplace_back();
    return scaled;
  }
};

}  // namespace

LossSums vocabulary_loss(const VocabularyMap& map, const Tensor& targets, const LossTerms& terms) {
  if (!VocabularyRows::takes(map)) return vocabulary_loss_reference(map, targets, terms);
  const Tensor wanted = targets.contiguous();
  VocabularyRows::check(wanted, map.rows.size(0), map.weight.size(0), true);
  const auto learns = [](const Tensor& x) { return at::GradMode::is_enabled() && x.defined() && x.requires_grad(); };
  const VocabularyPass pass(map, wanted, terms, {learns(map.rows), learns(map.weight), learns(map.bias)});
  const Tensor bias = map.bias.defined() ? map.bias : at::empty({0});  // LibTorch 1.13 takes no undefined input
  return {VocabularyLossFunction::apply(map.rows, map.weight, bias, pass), pass.nats, pass.correct};
}

LossSums vocabulary_loss_reference(const VocabularyMap& map, const Tensor& targets, const LossTerms& terms) {
  const Tensor rows = map.rows.to(map.weight.scalar_type());
  return cross_entropy(linear_reference(rows, map.weight, map.bias), targets, terms);
}

LossSums cross_entropy(const Tensor& logits, const Tensor& targets, const LossTerms& terms) {
  const Tensor flat = logits.reshape({-1, logits.size(-1)});  // [R,V]
  // Half-precision logits are widened first: the sum over the vocabulary needs it.
  const Tensor wide = flat.scalar_type() == at::kDouble ? flat : flat.to(at::kFloat);
  const Tensor wanted = targets.reshape({-1});
  const Tensor log_p = wide.log_softmax(-1);
  const Tensor nats = at::nll_loss(log_p, wanted, {}, at::Reduction::Sum, kIgnore);
  Tensor objective = nats;
  if (terms.label_smoothing > 0) {
    const Tensor spread = -log_p.mean(-1).masked_fill(wanted == kIgnore, 0).sum();
    objective = (1 - terms.label_smoothing) * nats + terms.label_smoothing * spread;
  }
  if (terms.z_loss > 0)
    objective = objective + terms.z_loss * wide.logsumexp(-1).square().masked_fill(wanted == kIgnore, 0).sum();
  const Tensor hits = flat.argmax(-1) == wanted;  // kIgnore is no index, so it never counts
  return {objective, nats.item<double>(), hits.sum().item<int64_t>()};
}

TokenScores vocabulary_scores(const VocabularyMap& map, const Tensor& targets) {
  const at::NoGradGuard off;
  const int64_t rows = map.rows.size(0);
  TokenScores scores{at::empty({rows}, at::kFloat), at::empty({rows}, at::kByte)};
  const bool fused = VocabularyRows::takes(map);
  const Tensor wanted = targets.contiguous();
  if (fused) VocabularyRows::check(wanted, rows, map.weight.size(0), false);
  const Timed part("loss");
  VocabularyRows::each(map, [&](int64_t from, int64_t count, const Tensor& logits) {
    if (!fused) {
      const TokenScores some = token_scores(logits, wanted.narrow(0, from, count));
      scores.nats.narrow(0, from, count).copy_(some.nats);
      scores.hit.narrow(0, from, count).copy_(some.hit);
      return;
    }
    const int64_t vocabulary = logits.size(1);
    const float* const x = logits.data_ptr<float>();
    const int64_t* const target = wanted.data_ptr<int64_t>() + from;
    float* const nats = scores.nats.data_ptr<float>() + from;
    uint8_t* const hit = scores.hit.data_ptr<uint8_t>() + from;
    VocabularyRows::parallel(count, vocabulary, [&](int64_t i) {
      const CrossEntropyRow::Loss loss = cross_entropy_row().judge(x + i * vocabulary, vocabulary, target[i]);
      nats[i] = loss.nats;
      hit[i] = loss.hit ? 1 : 0;
    });
  });
  return scores;
}

TokenScores token_scores(const Tensor& logits, const Tensor& targets) {
  const Tensor wide = logits.scalar_type() == at::kDouble ? logits : logits.to(at::kFloat);
  const Tensor nats = -at::log_softmax(wide, -1).gather(-1, targets.unsqueeze(-1)).squeeze(-1);
  return {nats.to(at::kFloat), (wide.argmax(-1) == targets).to(at::kByte)};
}

}  // namespace lx
