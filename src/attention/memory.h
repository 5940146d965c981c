// What one layer keeps of the past while decoding. Keys are kept raw (shaped, but neither placed nor turned): each step
// plans anew over all keys, which is what makes decoding exact for ReRoPE and for scaling that changes with length.
#pragma once

#include "tensor/tensor.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace lx {

/// What key and value of a memory are the beginning of: a token more is written behind them, and they are copied only
/// when there is no room left. Copies of a memory share it; the first that goes on writes there, another moves out.
struct MemoryRoom {
  Tensor key, value;  // [B,Hk,capacity,*]
  int64_t used = 0;   // tokens that are some memory's
};

struct Memory {
  Tensor key;                        // [B,Hk,T,D], after shape(), before place() and tune()
  Tensor value;                      // [B,Hk,T,Dv]
  Tensor decay;                      // [B,H,T]: running sum of log gates; undefined when no modifier gates
  int64_t length = 0;                // T
  std::shared_ptr<MemoryRoom> room;  // null: none, key and value stand by themselves
  Tensor lengths;                    // [B]: of a source, tokens that exist; undefined: all
  std::vector<Memory> groups;        // one a group of heads, where a layer has several
  std::vector<Memory> cross;         // of the source: filled once, by the first call (encoder-decoder); at most one
  // Where rows of the batch have read different numbers of tokens: one a row, each a batch of one, in place of all
  // above but `cross`. Each row is then planned by itself, which keeps every modifier exact.
  std::vector<Memory> rows;
};

/// Reads on: key [B,Hk,n,D] and value [B,Hk,n,Dv] join the memory. Without gradients this costs O(n) a call on average.
void append(Memory& memory, const Tensor& key, const Tensor& value);

/// The memory of these rows of the batch, in this order; a row may come again, or not at all. `rows`: [R] int64 on the
/// CPU. Nothing is shared that a later call would change.
Memory select(const Memory& memory, const Tensor& rows);

/// One memory of a batch out of memories of one row each, which may have read different numbers of tokens and sources
/// of different lengths (padded on the right).
Memory batch_of(const std::vector<Memory>& rows);

}  // namespace lx
