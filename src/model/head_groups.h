// The heads of one layer in groups, each with a stack of its own: windowed beside full heads, the past beside the
// future (forward-backward attention, kexue.fm 9529), NoPE beside ALiBi (NAPE). Usually there is one group.
#pragma once

#include "attention/memory.h"
#include "attention/stack.h"

#include <string>
#include <vector>

namespace lx {

struct HeadGroup {
  std::string name;  // empty: the only one
  int64_t first_head = 0, first_key_head = 0;
  Stack stack;  // its shape holds the group's own numbers of heads
};

class HeadGroups {
 public:
  HeadGroups() = default;
  explicit HeadGroups(std::vector<HeadGroup> groups) : groups_(std::move(groups)) {}

  /// q [B,H,T,D], k [B,Hk,T,D], v [B,Hk,T,Dv] of all heads -> [B,H,T,Dv]. `hidden` [B,T,C]: the layer's input.
  /// With a memory by rows, each row is planned by itself, after as many tokens as it has read.
  /// q, k and v that are given away (std::move) go as soon as they are turned.
  Tensor attend(Tensor q, Tensor k, Tensor v, const Tensor& hidden, const Given& given, bool training,
                Memory* memory) const;

  /// What attend() wants as `hidden`: the layer's input or, where no modifier reads it and no gradient keeps it, its
  /// shape alone (model/stretches.h).
  Tensor seen(Tensor input, bool training) const;

  /// Cross-attention: q [B,H,Tq,D] reads k [B,Hk,S,D], v [B,Hk,S,Dv] of a source (Stack::plan_across). `lengths` [B]:
  /// tokens of each source, on the CPU; undefined: S. `read`: queries before these. Nothing comes from an empty source.
  Tensor attend_across(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& hidden, const Given& given,
                       const Tensor& lengths, int64_t read, bool training) const;

  const std::vector<HeadGroup>& list() const { return groups_; }

 private:
  std::vector<HeadGroup> groups_;
};

}  // namespace lx
