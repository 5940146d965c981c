// Who wants to look at attention while a model reads: probes and pictures.
#pragma once

#include "attention/score_plan.h"

#include <cstdint>
#include <string>

namespace lx {

/// What stands where: one group of heads of one layer.
struct WatchedPlace {
  std::string place;  // "layer 3", with the part of a model of several before it: "encoder layer 3"
  int64_t layer = 0;
  std::string group;       // the group of heads; empty: the only one
  int64_t first_head = 0;  // of the group, among the layer's heads
};

class AttentionWatch {
 public:
  virtual ~AttentionWatch() = default;
  /// A plan that is about to be run. It lives as long as the call.
  virtual void see(const WatchedPlace& where, const ScorePlan& plan) = 0;
};

}  // namespace lx
