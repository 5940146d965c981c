#include "sweep/board.h"

#include "base/log.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/ioctl.h>
#include <unistd.h>

namespace lx {
namespace {

struct BoardScreen {
  static int columns() {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }
  static const char* wish(const char* name) {
    const char* value = std::getenv(name);
    return value && *value ? value : nullptr;
  }

  static std::string head(const BoardState& state) {
    std::string line = fmt::format("{} cells: {} done", state.cells, state.done);
    if (state.failed > 0) line += fmt::format(", {} failed", state.failed);
    line += fmt::format(", {} running", state.running.size());
    if (state.waiting > 0) line += fmt::format(", {} waiting", state.waiting);
    return line + fmt::format("   [{}<{}]", clock_text(state.seconds), clock_text(state.seconds_left));
  }

  static std::string cut(std::string text, int width) {
    if (width > 1 && display_width(text) >= width) text.resize(static_cast<size_t>(width - 1));  // labels are ASCII
    return text;
  }
};

}  // namespace

std::vector<std::string> board_lines(const BoardState& state, int width, bool colour) {
  std::vector<std::string> lines{BoardScreen::cut(BoardScreen::head(state), width)};
  size_t widest = 0;
  for (const BoardRow& row : state.running) widest = std::max(widest, row.label.size());
  widest = std::min(widest, static_cast<size_t>(std::max(width / 2 - 8, 10)));
  for (const BoardRow& row : state.running) {
    std::string name = fmt::format("  #{:<4}{:<{}}  ", row.number, row.label.substr(0, widest), widest);
    const int room = std::max(width - display_width(name), 10);
    const std::string tail = row.progress         ? progress_line(*row.progress, room, colour)
                             : row.remark.empty() ? "starting"
                                                  : row.remark;
    lines.push_back(name + (row.progress ? tail : BoardScreen::cut(tail, room)));
  }
  return lines;
}

Board::Board() {
  const char* terminal = BoardScreen::wish("TERM");
  const char* wish = BoardScreen::wish("LX_PROGRESS");
  silent_ = wish && std::atof(wish) <= 0;
  terminal_ = !silent_ && ::isatty(STDERR_FILENO) && (!terminal || std::strcmp(terminal, "dumb") != 0);
  colour_ = terminal_ && !BoardScreen::wish("NO_COLOR");
  const double every = terminal_ ? 0.3 : wish ? std::atof(wish) : 60;
  interval_ = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(every));
  if (!terminal_) last_ = Clock::now();  // the first line comes after the first minute
}

Board::~Board() { finish(); }

void Board::event(const std::string& line) {
  wipe();
  log::info("{}", line);
}

void Board::error(const std::string& line) {
  wipe();
  log::error("{}", line);
}

void Board::update(const BoardState& state) {
  const Clock::time_point now = Clock::now();
  if (silent_ || (now - last_ < interval_ && (drawn_ > 0 || !terminal_))) return;
  last_ = now;
  if (!terminal_) {
    log::info("{}", BoardScreen::head(state));
    return;
  }
  wipe();
  const std::vector<std::string> lines = board_lines(state, BoardScreen::columns(), colour_);
  for (const std::string& line : lines) fmt::print(stderr, "{}\033[K\n", line);
  std::fflush(stderr);
  drawn_ = lines.size();
}

void Board::finish() { wipe(); }

void Board::wipe() {
  if (drawn_ == 0) return;
  fmt::print(stderr, "\033[{}A\033[J", drawn_);
  std::fflush(stderr);
  drawn_ = 0;
}

}  // namespace lx
