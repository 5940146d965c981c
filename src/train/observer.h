// What training tells: plain numbers, for whoever draws, logs or stores them. No tensors, so that any folder may
// listen.
#pragma once

#include "base/files.h"

#include <cstdint>
#include <optional>

namespace lx {

struct StartReport {
  int64_t step = 0;                     // steps already taken (more than 0: resumed)
  std::optional<int64_t> total_steps;   // empty: the budget is in minutes
  std::optional<double> total_seconds;  // empty: it is not
  int64_t tokens_per_step = 0;
  int64_t parameters = 0;  // trainable, tied ones counted once
};

struct StepReport {
  int64_t step = 0;              // steps taken, this one included
  int64_t tokens = 0;            // tokens read so far
  double loss = 0;               // nats per judged token, mean over the steps since the report before
  double lr = 0;                 // learning rate of this step
  double grad_norm = 0;          // of this step: Euclidean, before clipping
  double seconds = 0;            // spent training so far, earlier sittings included
  double tokens_per_second = 0;  // over the last steps
  double done = 0;               // share of the budget spent, [0,1]
  double seconds_left = 0;       // estimate
};

struct ValidReport {
  int64_t step = 0;
  double loss = 0;      // nats per judged token
  double accuracy = 0;  // share of judged tokens whose largest logit is right
  int64_t windows = 0;
  bool best = false;  // lowest so far
};

struct SaveReport {
  int64_t step = 0;
  fs::path path;
};

/// A step left out because its loss or gradient was not finite.
struct SkipReport {
  int64_t step = 0;
  double loss = 0, lr = 0, grad_norm = 0;
  int64_t in_a_row = 0;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_start(const StartReport&) {}
  virtual void on_step(const StepReport&) {}
  virtual void on_valid(const ValidReport&) {}
  virtual void on_save(const SaveReport&) {}
  virtual void on_skip(const SkipReport&) {}
};

}  // namespace lx
