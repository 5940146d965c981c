// Overrides that stand for several values: the axes of a sweep, and the jobs of their product.
#pragma once

#include "config/node.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lx::config {

/// interval(low,high): every number from low up to, but without, high; of int(interval(low,high)) every integer from
/// low to high, both included.
struct SweepInterval {
  double low = 0, high = 0;
  bool integer = false;
};

/// range(start,stop,step): stop itself is not reached.
struct SweepRange {
  double start = 0, stop = 0, step = 1;
  bool integer = false;  // all three are integers
};

struct SweepAxis {
  enum class Kind {
    word,      // no override but the path of an experiment file, passed on as it is
    fixed,     // one value
    choice,    // k=a,b  choice(a,b)  glob(*)
    range,     // range(1,8,2)
    interval,  // interval(0,1): for searches only
  };
  Kind kind = Kind::fixed;
  std::string key;                        // as typed before '=', with +, ++, ~ and @package; of a word the word
  std::vector<std::string> values;        // printed as Hydra prints the overrides of a job; empty for an interval
  std::optional<SweepInterval> interval;  // exactly when kind is interval
  std::optional<SweepRange> range;        // exactly when kind is range; `values` holds its values in their order
  std::vector<std::string> tags;          // the labels of tag(log,...), as given
  Place place;

  bool is_sweep() const { return kind != Kind::fixed && kind != Kind::word; }
  bool has_tag(std::string_view tag) const;
  bool is_log() const { return has_tag("log"); }
  /// The override for one value: "key=value"; a word stays as it is.
  std::string text(const std::string& value) const;
};

/// The options of a group, sorted, for glob(...); throws or returns nothing for an unknown group.
using OptionsOfGroup = std::function<std::vector<std::string>(const std::string& group)>;

/// The axes in order of first mention: first those of `params` (hydra.sweeper.params: a map from key to 'a,b',
/// 'range(1,4)', a number, ...; null counts as empty), then the overrides, which replace an axis of the same key where
/// it stands. Throws Error for what does not parse, sweeps of Hydra's own settings, and globs that match nothing.
std::vector<SweepAxis> sweep_axes(const Node& params, const std::vector<std::string>& overrides,
                                  const OptionsOfGroup& options_of_group);

/// Every combination, the last key changing fastest; an axis without values (an empty range) leaves no jobs. Intervals
/// are refused with Hydra's words, and more than a million jobs, too.
std::vector<std::vector<std::string>> sweep_product(const std::vector<SweepAxis>& axes);

}  // namespace lx::config
