// Listens to training and keeps what it says: progress on the terminal, metrics.jsonl, TensorBoard, and the history
// that goes into run.h5.
#pragma once

#include "experiment/run_folder.h"
#include "report/progress.h"
#include "result/events.h"
#include "result/jsonl.h"
#include "result/record.h"
#include "train/observer.h"

#include <functional>
#include <memory>
#include <optional>

namespace lx {

class Recorder final : public Observer {
 public:
  /// `saved` is called after each checkpoint, once the history is up to date.
  Recorder(const RunFolder& folder, TrainHistory& history, std::function<void()> saved);

  /// Drops what was recorded after a checkpoint: `offset` is the position in metrics.jsonl it kept.
  void rewind(int64_t offset, int64_t step);
  /// For the checkpoint.
  int64_t offset() const { return metrics_.offset(); }

  void on_start(const StartReport& report) override;
  void on_step(const StepReport& report) override;
  void on_valid(const ValidReport& report) override;
  void on_save(const SaveReport& report) override;
  void on_skip(const SkipReport& report) override;
  void finish();

 private:
  EventWriter& events();

  RunFolder folder_;
  TrainHistory& history_;
  std::function<void()> saved_;
  JsonLines metrics_;
  std::unique_ptr<EventWriter> events_;
  std::unique_ptr<ProgressBar> bar_;
  int64_t from_step_ = 0;
  std::optional<double> total_seconds_;
  std::optional<double> valid_loss_;
};

}  // namespace lx
