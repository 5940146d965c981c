#include "data/duplicates.h"

#include "base/hash.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

namespace lx {
namespace {

constexpr size_t kShingle = 32;    // bytes: some six English words, ten Chinese characters
constexpr uint64_t kSampled = 32;  // one shingle in this many is kept
constexpr size_t kCommon = 64;     // a shingle in more documents than this says nothing

uint64_t mix_bits(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

}  // namespace

std::vector<uint64_t> sample_shingles(std::string_view text) {
  // A rolling polynomial hash of the last kShingle bytes that are not blank.
  constexpr uint64_t kBase = 0x9e3779b97f4a7c15ULL;
  uint64_t drop = 1;
  for (size_t i = 0; i < kShingle; ++i) drop *= kBase;
  std::string solid;
  solid.reserve(text.size());
  std::vector<uint64_t> sample;
  uint64_t rolling = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\t') continue;
    solid += c;
    rolling = rolling * kBase + static_cast<unsigned char>(c) + 1;
    if (solid.size() > kShingle)
      rolling -= drop * (static_cast<unsigned char>(solid[solid.size() - 1 - kShingle]) + 1u);
    if (solid.size() < kShingle) continue;
    const uint64_t hash = mix_bits(rolling);
    if (hash % kSampled == 0) sample.push_back(hash);  // even
  }
  sample.push_back(hash64(solid) | 1);  // odd, while the others are even: equal texts always meet
  std::sort(sample.begin(), sample.end());
  sample.erase(std::unique(sample.begin(), sample.end()), sample.end());
  return sample;
}

std::vector<Leak> find_leaks(const std::vector<std::vector<uint64_t>>& samples, const std::vector<Split>& splits,
                             double threshold) {
  std::vector<std::pair<uint64_t, uint32_t>> all;  // (shingle, document)
  for (size_t d = 0; d < samples.size(); ++d) {
    for (const uint64_t shingle : samples[d]) all.emplace_back(shingle, static_cast<uint32_t>(d));
  }
  std::sort(all.begin(), all.end());
  struct Shared {
    uint32_t shingles = 0;
    bool whole = false;
  };
  std::unordered_map<uint64_t, Shared> pairs;  // (document to leave out, its twin)
  for (size_t begin = 0, end; begin < all.size(); begin = end) {
    end = begin;
    while (end < all.size() && all[end].first == all[begin].first) ++end;
    const bool whole = all[begin].first & 1;
    if (end - begin > kCommon && !whole) continue;
    for (size_t a = begin; a < end; ++a) {
      for (size_t b = begin; b < end; ++b) {
        if (splits[all[a].second] >= splits[all[b].second]) continue;  // train < valid < test
        Shared& pair = pairs[static_cast<uint64_t>(all[a].second) << 32 | all[b].second];
        ++pair.shingles;
        pair.whole = pair.whole || whole;
        if (whole) break;  // one equal text is reason enough
      }
    }
  }
  std::map<size_t, Leak> leaks;
  for (const auto& [key, pair] : pairs) {
    const size_t document = key >> 32, twin = key & 0xFFFFFFFF;
    const size_t smaller = std::min(samples[document].size(), samples[twin].size());
    const double shared = pair.whole ? 1 : static_cast<double>(pair.shingles) / static_cast<double>(smaller);
    if (!pair.whole && (pair.shingles < 3 || shared < threshold)) continue;
    const auto [at, added] = leaks.try_emplace(document, Leak{document, twin, shared});
    Leak& nearest = at->second;
    if (!added && std::pair(-shared, twin) < std::pair(-nearest.shared, nearest.twin))
      nearest = {document, twin, shared};
  }
  std::vector<Leak> found;
  for (const auto& [document, leak] : leaks) found.push_back(leak);
  return found;
}

}  // namespace lx
