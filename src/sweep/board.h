// What a person sees of a sweep while it runs: on a terminal a table that rewrites itself, elsewhere a line an event.
//
//   18 cells: 7 done, 1 failed, 2 running, 8 waiting   [03:12<05:40]
//     #8  encoding=rope seed=1    train  45%|####      | 240/600 [00:12<00:15, 19.8 step/s, loss 2.31]
//     #9  encoding=rope seed=2    score  10%|#         | ...
#pragma once

#include "sweep/cell.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace lx {

struct BoardRow {
  int64_t number = 0;
  std::string label;
  std::optional<ProgressState> progress;  // empty: it has said nothing yet
  std::string remark;                     // instead of progress
};

struct BoardState {
  size_t cells = 0, done = 0, failed = 0, waiting = 0;
  std::vector<BoardRow> running;
  double seconds = 0;       // since the start
  double seconds_left = 0;  // NaN: not known
};

/// The table, one line a row, at most `width` columns each.
std::vector<std::string> board_lines(const BoardState& state, int width, bool colour);

class Board {
 public:
  Board();
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  /// One line that stays, above the table.
  void event(const std::string& line);
  void error(const std::string& line);
  /// Draws the table anew, a few times a second at most; on no terminal it says one line a minute.
  void update(const BoardState& state);
  /// Wipes the table.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void wipe();

  bool terminal_, colour_, silent_;
  size_t drawn_ = 0;  // lines on the screen
  Clock::time_point last_{};
  Clock::duration interval_;
};

}  // namespace lx
