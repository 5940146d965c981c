// How the learning rate moves over a run: a factor in [0,1] of the peak, as a pure function of progress.
#pragma once

#include "base/registry.h"
#include "config/fields.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lx {

/// Where a run stands before it takes a step.
struct TrainProgress {
  int64_t step = 0;   // steps taken so far
  double done = 0;    // share of the budget spent so far, [0,1]
  double stride = 0;  // share that one step costs: 1 / total steps, or with a budget in minutes its average so far
};

class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual double factor(const TrainProgress& progress) const = 0;
};

struct ScheduleEntry {
  std::string summary;
  std::function<std::unique_ptr<Schedule>(const config::Node& settings, const std::string& path,
                                          std::optional<int64_t> total_steps)>
      make;
  std::function<std::vector<config::KeyHelp>()> help;
  std::string source;  // paper or post; may be empty
  /// Reads the settings strictly, without making anything.
  std::function<void(const config::Node& settings, const std::string& path)> check = {};
};

Registry<ScheduleEntry>& schedules();

/// `node`: {name: cosine, warmup: …}. `total_steps`: empty with a budget in minutes. Throws Error as read(), and when
/// the settings do not fit the budget.
std::unique_ptr<Schedule> make_schedule(const config::Node& node, const std::string& path,
                                        std::optional<int64_t> total_steps);

}  // namespace lx
