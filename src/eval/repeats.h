// Copying: is a target predicted better when it, with the tokens before it, was read before, and how far back may that
// be? From the stored scores and the tokens alone. (Induction heads: Olsson 2022, arXiv 2209.11895.)
#pragma once

#include "result/record.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lx {

constexpr int64_t kFirstOccurrence = 0;
constexpr int64_t kTooLittleContext = -1;

/// Target t of a piece is tokens[t + 1], read after tokens[0..t]. For each of the tokens.size() - 1 targets, how many
/// tokens back the latest earlier occurrence of the target after the same `order` tokens ends; kFirstOccurrence when
/// the piece holds none, kTooLittleContext when fewer than `order` tokens were read.
std::vector<int64_t> repeat_distances(std::span<const int64_t> tokens, int64_t order);

/// "first", "below N/2", "N/2 to N", "N to 2N", "2N to 4N", "4N on" (each without its upper end)
const std::vector<std::string>& repeat_buckets();
/// Of a distance as repeat_distances gives it; kTooLittleContext has none.
size_t repeat_bucket(int64_t distance, int64_t trained_length);

/// Loss and accuracy of every text, variant and length in each bucket, standard errors over documents. Texts that an
/// objective reads its own way are left out. Throws Error when the tokens are no longer there.
RepeatTable count_repeats(const EvalResult& result, int64_t order);

}  // namespace lx
