// The tensor type and the letters that stand behind it in comments:
//   B batch   T tokens   Tq, Tk queries, keys   H query heads   Hk key heads   D head width   C model width   V
//   vocabulary
// `// [B,H,Tq,D]` behind a tensor gives its shape. Loss is in nats per token unless a name says otherwise.
#pragma once

#include <ATen/core/Tensor.h>

namespace lx {
using at::Tensor;
}
