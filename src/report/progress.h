// How far a long piece of work has come: a bar that rewrites itself on a terminal, a line now and then elsewhere.
//   train  12%|##        | 240/2000 [00:12<01:28, 19.8 it/s, loss 2.31]
// LX_PROGRESS=0 shows nothing; LX_PROGRESS=30 prints a line every 30 seconds when standard error is no terminal.
// NO_COLOR keeps the bar plain. With LX_PROGRESS_FILE=PATH nothing is shown and the file tells another process.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

namespace lx {

struct ProgressState {
  std::string label, unit = "it", note;
  int64_t done = 0, total = 0;  // total 0: unknown
  int64_t from = 0;             // done before this sitting (a resumed run)
  std::optional<double> share;  // [0,1], where the budget is not a count; overrides done / total
  double share_from = 0;        // the share before this sitting
  double seconds = 0;           // of this sitting
};

/// What a process that was given LX_PROGRESS_FILE last said of itself.
struct ProgressReport {
  ProgressState state;
  double time = 0;  // seconds since 1970
};
/// Empty when the file is not there or cannot be understood.
std::optional<ProgressReport> read_progress(const std::filesystem::path& file);

/// "01:23" or "1:02:03"; "?" for what is not known.
std::string clock_text(double seconds);

/// Seconds until `state` is through at the pace of this sitting; NaN when that cannot be told.
double seconds_left(const ProgressState& state);

/// One line, at most `width` columns where the bar can give way.
std::string progress_line(const ProgressState& state, int width, bool colour);

class ProgressBar {
 public:
  /// Only one bar at a time draws between log lines: the latest. `total` 0: unknown.
  ProgressBar(std::string label, int64_t total, std::string unit = "it", int64_t from = 0);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Cheap: draws at most ten times a second. `share` is for budgets in minutes.
  void update(int64_t done, const std::string& note = "", std::optional<double> share = {});
  /// Draws the last state and leaves it standing. The destructor does it, too.
  void finish();

 private:
  enum class Mode { off, bar, lines, file };
  using Clock = std::chrono::steady_clock;
  void draw();
  void tell() const;
  void erase();
  static void clear_active();
  static void redraw_active();

  ProgressState state_;
  Mode mode_;
  std::filesystem::path file_;
  bool colour_ = false, started_ = false, finished_ = false;
  Clock::duration interval_;
  Clock::time_point begun_ = Clock::now(), drawn_{};
  std::mutex mutex_;
};

}  // namespace lx
