// Where overlapping pieces begin and which of their targets each one judges, so that every target is judged once.
#pragma once

#include "task/objective.h"

#include <cstdint>
#include <vector>

namespace lx {

/// A piece reads `length` tokens from `begin` on and judges all of its targets but the first `skip`.
struct SlidingPiece {
  int64_t begin = 0, skip = 0;
};

/// The pieces of a window of `targets` targets, a multiple of `length`: the first judges all it reads, the others only
/// what is new, `stride` targets each (the last one fewer, when they do not come out even). So each target but those of
/// the first piece is judged with at least `length - stride` tokens of context. 0 < stride <= length.
std::vector<SlidingPiece> sliding_pieces(int64_t targets, int64_t length, int64_t stride);

/// All windows of a text in sliding pieces of `length` tokens: what is read but not judged has no target and no place.
Examples cut_sliding(const Text& text, int64_t length, int64_t stride);

/// The pieces that any reading of a window is made of: sliding when stride > 0, else side by side.
std::vector<SlidingPiece> pieces_of_window(int64_t targets, int64_t length, int64_t stride);

}  // namespace lx
