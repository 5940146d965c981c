// What one layer keeps of the past while decoding. Keys are kept raw (shaped, but neither placed nor turned): each step
// plans anew over all keys, which is what makes decoding exact for ReRoPE and for scaling that changes with length.
#pragma once

#include "tensor/tensor.h"

#include <cstdint>
#include <vector>

namespace lx {

struct Memory {
  Tensor key;                  // [B,Hk,T,D], after shape(), before place() and tune()
  Tensor value;                // [B,Hk,T,Dv]
  Tensor decay;                // [B,H,T]: running sum of log gates; undefined when no modifier gates
  int64_t length = 0;          // T
  Tensor lengths;              // [B]: of a source, tokens that exist; undefined: all
  std::vector<Memory> groups;  // one a group of heads, where a layer has several
  std::vector<Memory> cross;   // of the source: filled once, by the first call (encoder-decoder); at most one
};

}  // namespace lx
