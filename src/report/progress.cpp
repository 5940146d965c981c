// The progress bar. It writes to standard error, so that results on standard output stay clean.
#include "report/progress.h"

#include "base/log.h"
#include "base/text.h"
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

ProgressBar* active_bar = nullptr;

std::string clock_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
}

std::string amount(int64_t count) {
  return count < 100000 ? std::to_string(count) : format_count(static_cast<double>(count));
}

std::string rate_text(const ProgressState& state) {
  const double rate = state.seconds > 0 ? static_cast<double>(state.done - state.from) / state.seconds : 0;
  if (rate <= 0) return "? " + state.unit + "/s";
  if (rate < 1) return fmt::format("{:.2f} s/{}", 1 / rate, state.unit);
  return fmt::format("{} {}/s", rate < 1000 ? fmt::format("{:.1f}", rate) : format_count(rate), state.unit);
}

int terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

const char* environment_value(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

}  // namespace

std::string progress_line(const ProgressState& state, int width, bool colour) {
  const bool known = state.share.has_value() || state.total > 0;
  const double share = std::clamp(
      state.share.value_or(state.total > 0 ? static_cast<double>(state.done) / static_cast<double>(state.total) : 0.0),
      0.0, 1.0);
  const double before = state.share       ? state.share_from
                        : state.total > 0 ? static_cast<double>(state.from) / static_cast<double>(state.total)
                                          : 0;
  const double left = share > before ? state.seconds * (1 - share) / (share - before) : NAN;

  std::string tail = " " + amount(state.done);
  if (state.total > 0) tail += "/" + amount(state.total);
  if (state.total == 0) tail += " " + state.unit;
  tail += " [" + clock_text(state.seconds) + (known ? "<" + clock_text(left) : "") + ", " + rate_text(state);
  if (!state.note.empty()) tail += ", " + state.note;
  tail += "]";
  if (!known) return state.label + tail;

  const std::string head = fmt::format("{} {:3.0f}%|", state.label, std::floor(100 * share));
  const int room = std::clamp(width - display_width(head) - display_width(tail) - 1, 0, 40);
  const auto filled = static_cast<size_t>(std::lround(share * room));
  if (room == 0) {
    std::string line = head.substr(0, head.size() - 1) + tail;  // no room for a bar; a wrapped line could not be erased
    if (width > 0 && display_width(line) >= width) line.resize(static_cast<size_t>(width - 1));
    return line;
  }
  std::string bar(filled, '#');
  if (colour) bar = "\033[32m" + bar + "\033[0m";
  return head + bar + std::string(static_cast<size_t>(room) - filled, ' ') + "|" + tail;
}

ProgressBar::ProgressBar(std::string label, int64_t total, std::string unit, int64_t from) : interval_(0) {
  state_.label = std::move(label);
  state_.unit = std::move(unit);
  state_.total = total;
  state_.done = state_.from = from;
  const char* wish = environment_value("LX_PROGRESS");
  const char* terminal = environment_value("TERM");
  const bool can_rewrite = ::isatty(STDERR_FILENO) && (!terminal || std::strcmp(terminal, "dumb") != 0);
  const double every = wish ? std::atof(wish) : 10;
  mode_ = wish && every <= 0 ? Mode::off : can_rewrite ? Mode::bar : Mode::lines;
  colour_ = mode_ == Mode::bar && !environment_value("NO_COLOR");
  interval_ =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(mode_ == Mode::bar ? 0.1 : every));
  drawn_ = mode_ == Mode::bar ? Clock::time_point{} : begun_;
  if (mode_ == Mode::bar) {
    active_bar = this;
    log::around_lines(&ProgressBar::clear_active, &ProgressBar::redraw_active);
  }
}

ProgressBar::~ProgressBar() {
  finish();
  if (active_bar == this) {
    log::around_lines(nullptr, nullptr);
    active_bar = nullptr;
  }
}

void ProgressBar::update(int64_t done, const std::string& note, std::optional<double> share) {
  if (mode_ == Mode::off) return;
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  if (!started_ && share) state_.share_from = *share;
  started_ = true;
  state_.done = done;
  state_.note = note;
  state_.share = share;
  state_.seconds = std::chrono::duration<double>(now - begun_).count();
  if (now - drawn_ < interval_) return;
  drawn_ = now;
  draw();
}

void ProgressBar::finish() {
  if (mode_ == Mode::off) return;
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  if (!started_) return;
  draw();
  if (mode_ == Mode::bar) std::fputc('\n', stderr);
}

void ProgressBar::draw() {
  if (mode_ == Mode::lines) {
    fmt::print(stderr, "{}\n", progress_line(state_, 0, false));
  } else {
    fmt::print(stderr, "\r{}\033[K", progress_line(state_, terminal_width(), colour_));
  }
  std::fflush(stderr);
}

void ProgressBar::erase() {
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

void ProgressBar::clear_active() {
  if (!active_bar) return;
  const std::lock_guard lock(active_bar->mutex_);
  if (active_bar->started_ && !active_bar->finished_) active_bar->erase();
}

void ProgressBar::redraw_active() {
  if (!active_bar) return;
  const std::lock_guard lock(active_bar->mutex_);
  if (active_bar->started_ && !active_bar->finished_) active_bar->draw();
}

}  // namespace lx
