#include "eval/bootstrap.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lx {
namespace {

struct CrossedMean {
  const CrossedClusters& data;
  size_t documents;
  std::vector<double> sums, counts;  // [document], sums averaged over seeds
  std::vector<double> of_seed;       // mean of each seed
  double total = 0;

  CrossedMean(const CrossedClusters& clusters, size_t all)
      : data(clusters), documents(all), sums(all, 0), counts(all, 0) {
    require(!data.empty(), "there is no seed to take a mean over");
    for (const auto& seed : data) add(seed);
    for (const double count : counts) total += count;
    for (double& mean : of_seed) mean /= total;
  }

  void add(const std::vector<Cluster>& seed) {
    require(seed.size() == documents, "every seed needs the same documents, got {} and {}", documents, seed.size());
    double sum = 0;
    for (size_t d = 0; d < documents; ++d) {
      if (of_seed.empty()) counts[d] = seed[d].count;
      require(seed[d].count == counts[d], "every seed needs the same targets, document {} has {} and {}", d, counts[d],
              seed[d].count);
      sums[d] += seed[d].sum / static_cast<double>(data.size());
      sum += seed[d].sum;
    }
    of_seed.push_back(sum);
  }

  double value() const {
    double sum = 0;
    for (const double one : sums) sum += one;
    return sum / total;
  }

  /// What the variance over resampled documents is too small by, and how many degrees of freedom it has.
  std::pair<double, double> document_scale() const {
    double second = 0, third = 0;  // moments of the documents' weights
    size_t filled = 0;
    for (const double count : counts) {
      const double weight = count / total;
      second += weight * weight;
      third += weight * weight * weight;
      filled += count > 0;
    }
    if (filled < 2) return {std::numeric_limits<double>::quiet_NaN(), 0};
    return {std::sqrt(second / (second - 2 * third + second * second)), std::max(1.0, 1 / second - 1)};
  }
};

/// Mean square of deviations; replicates in which no token was drawn say nothing.
double replicate_variance(const std::vector<double>& deviations) {
  double sum = 0, squares = 0, count = 0;
  for (const double deviation : deviations) {
    if (std::isnan(deviation)) continue;
    sum += deviation;
    squares += deviation * deviation;
    ++count;
  }
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  return std::max(0.0, squares / count - sum / count * (sum / count));
}

void add_scaled(std::vector<double>& to, double weight, const std::vector<double>& from) {
  if (to.empty()) to.assign(from.size(), 0);
  require(to.size() == from.size(), "numbers of {} and of {} replicates were not drawn together", to.size(),
          from.size());
  for (size_t r = 0; r < to.size(); ++r) to[r] += weight * from[r];
}

}  // namespace

CrossedBootstrap::CrossedBootstrap(size_t documents, const Random& random, size_t replicates)
    : documents_(documents), replicates_(replicates), random_(random), drawn_(documents * replicates, 0) {
  require(documents > 0 && documents <= std::numeric_limits<uint16_t>::max() && replicates > 1,
          "the bootstrap wants 1 to 65535 documents and at least 2 replicates, got {} and {}", documents, replicates);
  Random draw = random_.fork("documents");
  for (size_t r = 0; r < replicates; ++r)
    for (size_t d = 0; d < documents; ++d) ++drawn_[r * documents + draw.below(documents)];
}

Replicates CrossedBootstrap::mean(const CrossedClusters& data, std::string_view stream) const {
  const CrossedMean mean(data, documents_);
  Replicates out;
  out.value = mean.value();
  const auto [scale, freedom] = mean.document_scale();
  out.document_freedom = freedom;
  out.deviations.resize(replicates_);
  for (size_t r = 0; r < replicates_; ++r) {
    const uint16_t* drawn = &drawn_[r * documents_];
    double sum = 0, count = 0;
    for (size_t d = 0; d < documents_; ++d) {
      sum += drawn[d] * mean.sums[d];
      count += drawn[d] * mean.counts[d];
    }
    out.deviations[r] = scale * (sum / count - out.value);
  }
  const size_t seeds = data.size();
  Replicates::Seeds& part = out.seeds.emplace_back();
  part.stream = stream;
  part.freedom = static_cast<double>(seeds) - 1;
  part.deviations.assign(replicates_, 0);
  if (seeds < 2) return out;
  Random draw = random_.fork("seeds").fork(stream);
  const double inflation = std::sqrt(static_cast<double>(seeds) / part.freedom);
  for (double& deviation : part.deviations) {
    for (size_t s = 0; s < seeds; ++s) deviation += mean.of_seed[draw.below(seeds)];
    deviation = inflation * (deviation / static_cast<double>(seeds) - out.value);
  }
  return out;
}

Replicates combination(std::span<const std::pair<double, const Replicates*>> terms) {
  Replicates out;
  out.document_freedom = std::numeric_limits<double>::infinity();
  for (const auto& [weight, number] : terms) {
    out.value += weight * number->value;
    out.document_freedom = std::min(out.document_freedom, number->document_freedom);
    add_scaled(out.deviations, weight, number->deviations);
    for (const Replicates::Seeds& part : number->seeds) {
      auto at = std::find_if(out.seeds.begin(), out.seeds.end(),
                             [&](const Replicates::Seeds& one) { return one.stream == part.stream; });
      if (at == out.seeds.end()) at = out.seeds.insert(at, {part.stream, part.freedom, {}});
      at->freedom = std::min(at->freedom, part.freedom);
      add_scaled(at->deviations, weight, part.deviations);
    }
  }
  return out;
}

Replicates difference(const Replicates& a, const Replicates& b) {
  const std::pair<double, const Replicates*> terms[] = {{1, &a}, {-1, &b}};
  return combination(terms);
}

Judgement judge(const Replicates& number, double level) {
  require(level > 0 && level < 1, "a confidence level lies between 0 and 1, got {}", level);
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  Judgement out{number.value, unknown, unknown, unknown, unknown, unknown, false};
  for (const Replicates::Seeds& part : number.seeds) out.documents_only |= part.freedom < 1;
  if (number.document_freedom < 1) return out;
  const double documents = replicate_variance(number.deviations);
  double variance = documents, over_freedom = documents * documents / number.document_freedom;
  for (const Replicates::Seeds& part : number.seeds) {
    if (part.freedom < 1) continue;
    const double own = replicate_variance(part.deviations);
    variance += own;
    over_freedom += own * own / part.freedom;
  }
  if (std::isnan(variance)) return out;
  out.se = std::sqrt(variance);
  out.freedom = variance > 0 ? variance * variance / over_freedom : number.document_freedom;
  const double reach = t_quantile(0.5 + level / 2, out.freedom) * out.se;
  out.low = number.value - reach;
  out.high = number.value + reach;
  out.p = variance > 0 ? t_two_sided(number.value / out.se, out.freedom) : number.value == 0 ? 1 : 0;
  return out;
}

}  // namespace lx
