// The next step's batches, sampled and arranged on one thread beside the step that computes. What a step reads is a
// function of the random stream and the step's number, so this changes no number.
#pragma once

#include "tensor/batch.h"

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace lx {

/// What one step reads: its passes in order.
struct StepBatches {
  std::vector<Batch> passes;
  int64_t judged = 0;  // targets of all passes
};

class BatchAhead {
 public:
  /// `make` gives the batches of a step; with `helper` it is called on another thread, which starts no threads of its
  /// own, and must outlive this. Without, everything is made when it is asked for.
  BatchAhead(std::function<StepBatches(int64_t step)> make, bool helper);
  ~BatchAhead();  // waits for what is being made
  BatchAhead(const BatchAhead&) = delete;
  BatchAhead& operator=(const BatchAhead&) = delete;

  /// The batches of `step`; `next`: those of the step after will be asked for. What `make` throws is thrown here, when
  /// the step it belongs to is asked for.
  StepBatches take(int64_t step, bool next);

 private:
  void work();
  void begin(int64_t step);

  const std::function<StepBatches(int64_t)> make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<int64_t> step_;  // being made, or made
  bool ready_ = false, stop_ = false;
  StepBatches made_;
  std::exception_ptr failure_;
  std::thread helper_;  // last: it uses all the others
};

}  // namespace lx
