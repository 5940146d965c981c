// The table and the curves of an evaluation.
#include "eval/summary.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lx {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

struct TargetRange {
  int64_t from = 0, to = 0;
};

TargetRange targets_of(Protocol protocol, const TextScores& scores, int64_t trained_length, int64_t length) {
  switch (protocol) {
    case Protocol::natural:
    case Protocol::scored:
      return {0, scores.targets};
    case Protocol::tail:
      return {scores.targets - std::min(trained_length, scores.targets), scores.targets};
    case Protocol::repeated:
      return {length > scores.period ? scores.period : 0, length};
  }
  return {};
}

void set_difference(const std::vector<Cluster>& a, const std::vector<Cluster>& b, double& mean, double& se) {
  const Estimate estimate = paired_difference(a, b);
  mean = estimate.mean;
  se = estimate.se;
}

// One row block of the table: all variants and lengths under one protocol.
struct ProtocolTable {
  const EvalResult& result;
  const TextScores& scores;
  Protocol protocol;
  std::vector<DocumentSums> sums{};  // [variant, length]

  const DocumentSums& at(size_t variant, size_t length) const { return sums[variant * scores.lengths.size() + length]; }

  void gather() {
    for (size_t v = 0; v < scores.variants.size(); ++v)
      for (size_t l = 0; l < scores.lengths.size(); ++l)
        sums.push_back(sum_by_document(scores, protocol, result.trained_length, v, l));
  }

  // The variant with the lowest loss at a length, `except` left out.
  size_t best_other(size_t except, size_t length) const {
    size_t best = except;
    double lowest = std::numeric_limits<double>::infinity();
    for (size_t v = 0; v < scores.variants.size(); ++v) {
      const double loss = clustered_mean(at(v, length).loss).mean;
      if (v != except && loss < lowest) {
        lowest = loss;
        best = v;
      }
    }
    return best;
  }

  EvalCell cell(size_t variant, size_t length, size_t reference) const {
    const DocumentSums& own = at(variant, length);
    const Estimate loss = clustered_mean(own.loss), hit = clustered_mean(own.hit);
    EvalCell out;
    out.loss = loss.mean;
    out.loss_se = loss.se;
    out.perplexity = perplexity(loss.mean);
    out.bits_per_byte = bits_per_byte(loss.mean, result.bytes_per_token);
    out.accuracy = hit.mean;
    out.accuracy_se = hit.se;
    out.documents = loss.clusters;
    out.tokens = loss.count;
    set_difference(own.loss, at(0, length).loss, out.difference, out.difference_se);
    set_difference(own.hit, at(0, length).hit, out.accuracy_difference, out.accuracy_difference_se);
    set_difference(own.loss, at(variant, reference).loss, out.change, out.change_se);
    const size_t other = best_other(variant, length);
    out.gap = out.gap_se = kUnknown;
    if (other != variant) set_difference(own.loss, at(other, length).loss, out.gap, out.gap_se);
    return out;
  }
};

void append_protocol(EvalResult& result, const TextScores& scores, Protocol protocol, const char* name) {
  ProtocolTable block{result, scores, protocol};
  block.gather();
  const auto found = std::find(scores.lengths.begin(), scores.lengths.end(), result.reference_length);
  require(found != scores.lengths.end(), "the reference length {} was not scored on {} text", result.reference_length,
          scores.text);
  const auto reference = static_cast<size_t>(found - scores.lengths.begin());
  EvalTable& table = result.table;
  table.texts.emplace_back(name);
  table.protocols.push_back(describe(protocol, scores, result.trained_length));
  for (size_t v = 0; v < scores.variants.size(); ++v)
    for (size_t l = 0; l < scores.lengths.size(); ++l) table.cells.push_back(block.cell(v, l, reference));
}

// Means over documents of what stands at each position of the longest length.
void append_curves(EvalCurves& curves, const TextScores& scores) {
  const size_t longest = scores.lengths.size() - 1;
  std::vector<Cluster> loss(scores.document_names.size()), hit(scores.document_names.size());
  curves.texts.push_back(scores.text);
  for (size_t v = 0; v < scores.variants.size(); ++v) {
    for (int64_t position = 0; position < scores.targets; ++position) {
      std::fill(loss.begin(), loss.end(), Cluster{});
      std::fill(hit.begin(), hit.end(), Cluster{});
      for (int64_t w = 0; w < scores.windows(); ++w) {
        const size_t at = scores.offset(v, longest, w) + static_cast<size_t>(position);
        const auto document = static_cast<size_t>(scores.document[static_cast<size_t>(w)]);
        if (std::isnan(scores.loss[at])) continue;
        loss[document].sum += scores.loss[at];
        hit[document].sum += scores.hit[at];
        loss[document].count += 1;
        hit[document].count += 1;
      }
      const Estimate mean = clustered_mean(loss);
      curves.loss.push_back(static_cast<float>(mean.mean));
      curves.loss_se.push_back(static_cast<float>(mean.se));
      curves.accuracy.push_back(static_cast<float>(clustered_mean(hit).mean));
    }
  }
}

}  // namespace

std::string describe(Protocol protocol, const TextScores& scores, int64_t trained_length) {
  const int64_t tail = std::min(trained_length, scores.targets);
  switch (protocol) {
    case Protocol::natural:
      return fmt::format("all {} targets of each window, read in separate pieces of the given length", scores.targets);
    case Protocol::tail:
      return fmt::format("the last {} targets of each window: the same tokens at every length, more context", tail);
    case Protocol::repeated:
      return fmt::format(
          "the first {} tokens of each window over and over; beyond length {} only what is read again counts",
          scores.period, scores.period);
    case Protocol::scored:
      return scores.protocol;
  }
  return "";
}

DocumentSums sum_by_document(const TextScores& scores, Protocol protocol, int64_t trained_length, size_t variant,
                             size_t length) {
  const size_t documents = scores.document_names.size();
  DocumentSums sums{std::vector<Cluster>(documents), std::vector<Cluster>(documents)};
  const auto [from, to] = targets_of(protocol, scores, trained_length, scores.lengths[length]);
  for (int64_t w = 0; w < scores.windows(); ++w) {
    const size_t base = scores.offset(variant, length, w);
    const auto document = static_cast<size_t>(scores.document[static_cast<size_t>(w)]);
    for (int64_t t = from; t < to; ++t) {
      const float loss = scores.loss[base + static_cast<size_t>(t)];
      if (std::isnan(loss)) continue;
      sums.loss[document].sum += loss;
      sums.loss[document].count += 1;
      sums.hit[document].sum += scores.hit[base + static_cast<size_t>(t)];
      sums.hit[document].count += 1;
    }
  }
  return sums;
}

void summarise(EvalResult& result) {
  require(!result.scores.empty(), "there are no scores to summarise");
  result.table = {};
  result.curves = {};
  const TextScores& first = result.scores.front();
  result.table.variants = result.curves.variants = first.variants;
  result.table.lengths = first.lengths;
  result.curves.positions = first.targets;
  for (const TextScores& scores : result.scores) {
    require(scores.variants == first.variants && scores.lengths == first.lengths && scores.targets == first.targets,
            "{} and {} text were not scored on the same variants and lengths", first.text, scores.text);
    if (!scores.protocol.empty()) {
      append_protocol(result, scores, Protocol::scored, scores.text.c_str());
    } else if (scores.period > 0) {
      append_protocol(result, scores, Protocol::repeated, "repeated");
    } else {
      append_protocol(result, scores, Protocol::natural, "natural");
      append_protocol(result, scores, Protocol::tail, "tail");
    }
    append_curves(result.curves, scores);
  }
}

}  // namespace lx
