// Cosines and sines of position times frequency, kept between calls: layers, steps and the tokens of a text being
// written ask for the same ones over and over. Found by content, so that nothing has to be told when lengths, modes,
// draws or weights change; a row is the same bits however its neighbours came to be asked for.
#pragma once

#include "tensor/tensor.h"

#include <c10/core/ScalarType.h>

#include <optional>

namespace lx {

struct TurnTables {
  Tensor cosine, sine;  // [T,P], rounded from float64; not to be written to
};

/// For positions [T] and theta [P], both float64: float64 tables when `dtype` is, else float32. Empty for what is not
/// kept: positions of each example, frequencies being learned, tensors elsewhere than in the processor's memory, tables
/// of more than kMostTurnTables numbers. Each thread keeps its own.
std::optional<TurnTables> kept_turn_tables(const Tensor& positions, const Tensor& theta, at::ScalarType dtype);

/// Of any angles, float64 and of their shape; the bits of an angle are those of the kept tables.
TurnTables turn_tables(const Tensor& angle);

constexpr int64_t kMostTurnTables = int64_t{1} << 24;  // numbers kept in all: the longest unused go first

/// Forgets this thread's.
void forget_turn_tables();

}  // namespace lx
