#include "eval/repeats.h"

#include "base/error.h"
#include "base/hash.h"
#include "eval/sliding.h"
#include "eval/statistics.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

namespace lx {
namespace {

// What one text says at one length.
class RepeatCounter {
 public:
  RepeatCounter(const TextScores& scores, int64_t trained_length, int64_t order)
      : scores_(scores), trained_length_(trained_length), order_(order) {}

  // In what bucket each target of each window falls; -1: in none.
  std::vector<int8_t> buckets(int64_t length) const {
    std::vector<int8_t> all(static_cast<size_t>(scores_.windows() * scores_.targets), -1);
    for (int64_t window = 0; window < scores_.windows(); ++window)
      for (const SlidingPiece& piece : pieces(length)) {
        const std::span<const int64_t> tokens(&scores_.tokens[place(window, scores_.targets + 1) + at(piece.begin)],
                                              at(length + 1));
        const std::vector<int64_t> distances = repeat_distances(tokens, order_);
        int8_t* out = &all[place(window, scores_.targets) + at(piece.begin)];
        for (size_t t = at(piece.skip); t < distances.size(); ++t)
          if (distances[t] != kTooLittleContext)
            out[t] = static_cast<int8_t>(repeat_bucket(distances[t], trained_length_));
      }
    return all;
  }

  void append(const std::vector<int8_t>& buckets, size_t variant, size_t length, std::vector<RepeatCell>& cells) const {
    const size_t count = repeat_buckets().size(), documents = scores_.document_names.size();
    std::vector<std::vector<Cluster>> loss(count, std::vector<Cluster>(documents)), hit = loss;
    for (int64_t window = 0; window < scores_.windows(); ++window) {
      const size_t from = scores_.offset(variant, length, window);
      const auto document = at(scores_.document[at(window)]);
      for (size_t t = 0; t < at(scores_.targets); ++t) {
        const int bucket = buckets[place(window, scores_.targets) + t];
        if (bucket < 0 || std::isnan(scores_.loss[from + t])) continue;
        add(loss[at(bucket)][document], scores_.loss[from + t]);
        add(hit[at(bucket)][document], scores_.hit[from + t]);
      }
    }
    for (size_t bucket = 0; bucket < count; ++bucket) {
      const Estimate nats = clustered_mean(loss[bucket]), right = clustered_mean(hit[bucket]);
      cells.push_back({nats.mean, nats.se, right.mean, right.se, nats.clusters, nats.count});
    }
  }

 private:
  static size_t at(int64_t index) { return static_cast<size_t>(index); }
  static size_t place(int64_t window, int64_t width) { return at(window * width); }
  static void add(Cluster& cluster, double value) {
    cluster.sum += value;
    cluster.count += 1;
  }

  std::vector<SlidingPiece> pieces(int64_t length) const {
    if (scores_.period > 0) return {{0, 0}};  // repeated text is scored on its first piece only
    return pieces_of_window(scores_.targets, length, scores_.stride);
  }

  const TextScores& scores_;
  int64_t trained_length_, order_;
};

}  // namespace

std::vector<int64_t> repeat_distances(std::span<const int64_t> tokens, int64_t order) {
  require(order >= 1, "a repeat needs at least one token of context, got {}", order);
  const int64_t targets = static_cast<int64_t>(tokens.size()) - 1;
  std::vector<int64_t> distances(static_cast<size_t>(std::max<int64_t>(0, targets)), kTooLittleContext);
  std::unordered_map<uint64_t, int64_t> latest;  // where each stretch of order + 1 tokens last ended
  for (int64_t last = order; last <= targets; ++last) {
    const auto stretch = tokens.subspan(static_cast<size_t>(last - order), static_cast<size_t>(order + 1));
    const std::string_view bytes(reinterpret_cast<const char*>(stretch.data()), stretch.size_bytes());
    const auto [found, fresh] = latest.try_emplace(hash64(bytes), last);
    int64_t distance = kFirstOccurrence;
    if (!fresh) {
      const auto before = tokens.subspan(static_cast<size_t>(found->second - order), stretch.size());
      if (std::equal(stretch.begin(), stretch.end(), before.begin())) distance = last - found->second;
      found->second = last;
    }
    distances[static_cast<size_t>(last - 1)] = distance;
  }
  return distances;
}

const std::vector<std::string>& repeat_buckets() {
  static const std::vector<std::string> names{"first", "below N/2", "N/2 to N", "N to 2N", "2N to 4N", "4N on"};
  return names;
}

size_t repeat_bucket(int64_t distance, int64_t trained_length) {
  require(distance >= 0, "a target with too little context is in no bucket");
  if (distance == kFirstOccurrence) return 0;
  size_t bucket = 1;
  if (2 * distance >= trained_length) ++bucket;
  for (const int64_t bound : {trained_length, 2 * trained_length, 4 * trained_length}) bucket += distance >= bound;
  return bucket;
}

RepeatTable count_repeats(const EvalResult& result, int64_t order) {
  RepeatTable table;
  table.order = order;
  table.buckets = repeat_buckets();
  for (const TextScores& scores : result.scores) {
    if (!scores.protocol.empty()) continue;
    require(static_cast<int64_t>(scores.tokens.size()) == scores.windows() * (scores.targets + 1),
            "repeats cannot be counted: the tokens of {} text are not stored with its scores", scores.text);
    const RepeatCounter counter(scores, result.trained_length, order);
    table.texts.push_back(scores.text);
    table.variants = scores.variants;
    table.lengths = scores.lengths;
    std::vector<std::vector<int8_t>> buckets;
    for (const int64_t length : scores.lengths) buckets.push_back(counter.buckets(length));
    for (size_t variant = 0; variant < scores.variants.size(); ++variant)
      for (size_t length = 0; length < scores.lengths.size(); ++length)
        counter.append(buckets[length], variant, length, table.cells);
  }
  return table;
}

}  // namespace lx
