#include "model/sampler.h"

#include "base/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lx {
namespace {

/// Tokens that may come, after top_k; sorted only as far as the cuts need it, for a vocabulary may be large.
std::vector<int64_t> leading_tokens(std::span<const double> logits, const Sampling& sampling) {
  std::vector<int64_t> tokens(logits.size());
  std::iota(tokens.begin(), tokens.end(), int64_t{0});
  const auto likelier = [&](int64_t a, int64_t b) {
    const double left = logits[static_cast<size_t>(a)], right = logits[static_cast<size_t>(b)];
    return left != right ? left > right : a < b;
  };
  const auto all = static_cast<int64_t>(tokens.size());
  const int64_t kept = sampling.temperature == 0 ? 1 : sampling.top_k > 0 ? std::min(sampling.top_k, all) : all;
  if (kept < all) {
    std::partial_sort(tokens.begin(), tokens.begin() + kept, tokens.end(), likelier);
    tokens.resize(static_cast<size_t>(kept));
  } else if (sampling.top_p < 1) {
    std::sort(tokens.begin(), tokens.end(), likelier);
  }
  return tokens;
}

void scale_to_one(std::vector<Candidate>& candidates) {
  double sum = 0;
  for (const Candidate& candidate : candidates) sum += candidate.probability;
  for (Candidate& candidate : candidates) candidate.probability /= sum;
}

}  // namespace

void check(const Sampling& sampling) {
  require(sampling.temperature >= 0 && std::isfinite(sampling.temperature),
          "the temperature is a number from 0 (always the likeliest token) up, got {}", sampling.temperature);
  require(sampling.top_k >= 0, "top-k is a number of tokens, 0 for all of them, got {}", sampling.top_k);
  require(sampling.top_p > 0 && sampling.top_p <= 1, "top-p is a probability above 0 and at most 1, got {}",
          sampling.top_p);
}

Sampler::Sampler(Sampling sampling, Random random) : sampling_(sampling), random_(random) { check(sampling_); }

double highest_logit(std::span<const double> logits) {
  double highest = -INFINITY;
  for (const double logit : logits) {
    require(!std::isnan(logit) && logit < INFINITY,
            "the model gives logits that are not finite ({}): its weights or a modifier overflow, and no token can be "
            "chosen",
            logit);
    highest = std::max(highest, logit);
  }
  require(highest > -INFINITY, "the model rules every token out (all logits are -inf), and no token can be chosen");
  return highest;
}

std::vector<Candidate> Sampler::candidates(std::span<const double> logits) const {
  const double highest = highest_logit(logits);
  std::vector<Candidate> kept;
  const double temperature = sampling_.temperature > 0 ? sampling_.temperature : 1;
  for (const int64_t token : leading_tokens(logits, sampling_)) {
    // The highest is taken off first: the quotient of a tiny temperature is then 0 or -inf, never NaN.
    kept.push_back({token, std::exp((logits[static_cast<size_t>(token)] - highest) / temperature)});
  }
  scale_to_one(kept);
  if (sampling_.top_p < 1) {
    double sum = 0;
    size_t count = 0;
    while (count < kept.size() && sum < sampling_.top_p) sum += kept[count++].probability;
    kept.resize(count);
    scale_to_one(kept);
  }
  return kept;
}

Tensor Sampler::choose(const Tensor& logits, int64_t step, std::span<const int64_t> names) const {
  const Tensor rows = logits.to(at::kCPU, at::kDouble).contiguous();  // [B,V]
  const auto width = static_cast<size_t>(rows.size(1));
  Tensor chosen = at::empty({rows.size(0)}, at::kLong);
  for (int64_t row = 0; row < rows.size(0); ++row) {
    const auto from = candidates({rows.data_ptr<double>() + static_cast<size_t>(row) * width, width});
    const int64_t name = names.empty() ? row : names[static_cast<size_t>(row)];
    Random random = random_.fork(static_cast<uint64_t>(name)).fork(static_cast<uint64_t>(step));
    // Where a uniform number falls among the probabilities laid end to end; in the last one, should rounding let it
    // fall behind them all.
    const double place = random.uniform();
    double sum = 0;
    int64_t token = 0;
    for (const Candidate& candidate : from) {
      if (candidate.probability == 0) continue;
      token = candidate.token;
      sum += candidate.probability;
      if (place < sum) break;
    }
    chosen.data_ptr<int64_t>()[row] = token;
  }
  return chosen;
}

}  // namespace lx
