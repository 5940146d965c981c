// Who sees whom and through which view, as the tiles ask it: for one key, the queries that see it are one stretch, and
// so are those that meet it in a view. Whole numbers only, no tensors.
#pragma once

#include "attention/score_plan.h"

#include <cstdint>
#include <vector>

namespace lx {

/// Queries [low, high), as indices among the keys (a query's own place is its row + the plan's offset).
struct TokenSpan {
  int64_t low, high;
};

/// Of one example.
class TileSight {
 public:
  /// The plan must live as long. `keys`: Tk.
  TileSight(const ScorePlan& plan, int64_t example, int64_t keys);

  /// Queries that see key j.
  TokenSpan queries_of(int64_t key) const;

  /// Keys that queries [first, first + rows) may see: all they see is in these two stretches, which may be empty and
  /// do not touch.
  struct Keys {
    TokenSpan sinks, near;
  };
  Keys keys_of(int64_t first, int64_t rows) const;

  enum class Cover { none, some, all };
  /// Of queries [first, first + rows) and keys [low, high); for `some`, seen[j - low] holds the lanes that see key j.
  struct Lanes {
    int32_t low, high;
  };
  Cover cover(int64_t first, int64_t rows, int64_t low, int64_t high, Lanes* seen) const;

  /// Views that hold somewhere among these pairs: [first, last].
  struct Views {
    size_t first, last;
  };
  Views views_of(int64_t first, int64_t rows, int64_t low, int64_t high) const;
  /// The first query that meets key j through view v or a later one.
  int64_t begins(size_t view, int64_t key) const;

 private:
  std::vector<int64_t> from_;  // of the views
  int64_t unit_, window_, sinks_, block_, keys_, prefix_, length_;
  Order order_;
};

}  // namespace lx
