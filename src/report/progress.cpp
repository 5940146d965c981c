// The progress bar. It writes to standard error, so that results on standard output stay clean.
#include "report/progress.h"

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/text.h"
#include "config/yaml.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sys/ioctl.h>
#include <system_error>
#include <unistd.h>

namespace lx {
namespace {

ProgressBar* active_bar = nullptr;

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

/// Which part of the whole is done, and was done before this sitting.
struct ShareOf {
  double now = 0, before = 0;
  explicit ShareOf(const ProgressState& state) {
    const auto total = static_cast<double>(state.total);
    if (state.total > 0)
      now = static_cast<double>(state.done) / total, before = static_cast<double>(state.from) / total;
    if (state.share) now = *state.share, before = state.share_from;
    now = std::clamp(now, 0.0, 1.0);
  }
};

}  // namespace

std::string clock_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
}

double seconds_left(const ProgressState& state) {
  const ShareOf share(state);
  return share.now > share.before ? state.seconds * (1 - share.now) / (share.now - share.before) : NAN;
}

std::optional<ProgressReport> read_progress(const std::filesystem::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  try {
    const config::Node told = config::parse_json(read_file(file), file.string());
    ProgressReport report;
    report.time = told.find("time")->real();
    ProgressState& state = report.state;
    state.label = told.find("label")->string();
    state.unit = told.find("unit")->string();
    state.note = told.find("note")->string();
    state.done = told.find("done")->integer();
    state.total = told.find("total")->integer();
    state.from = told.find("from")->integer();
    state.seconds = told.find("seconds")->real();
    if (const config::Node& share = *told.find("share"); !share.is_null()) {
      state.share = share.real();
      state.share_from = told.find("share_from")->real();
    }
    return report;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string progress_line(const ProgressState& state, int width, bool colour) {
  const bool known = state.share.has_value() || state.total > 0;
  const double share = ShareOf(state).now;
  std::string tail = " " + amount(state.done);
  if (state.total > 0) tail += "/" + amount(state.total);
  if (state.total == 0) tail += " " + state.unit;
  tail +=
      " [" + clock_text(state.seconds) + (known ? "<" + clock_text(seconds_left(state)) : "") + ", " + rate_text(state);
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
  if (const char* file = environment_value("LX_PROGRESS_FILE")) file_ = file;
  mode_ = !file_.empty() ? Mode::file : wish && every <= 0 ? Mode::off : can_rewrite ? Mode::bar : Mode::lines;
  colour_ = mode_ == Mode::bar && !environment_value("NO_COLOR");
  interval_ = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(mode_ == Mode::bar    ? 0.1
                                                                                        : mode_ == Mode::file ? 0.5
                                                                                                              : every));
  drawn_ = mode_ == Mode::lines ? begun_ : Clock::time_point{};
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

void ProgressBar::tell() const {
  config::Map told;
  told["time"] = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  told["label"] = state_.label;
  told["unit"] = state_.unit;
  told["note"] = state_.note;
  told["done"] = state_.done;
  told["total"] = state_.total;
  told["from"] = state_.from;
  told["seconds"] = state_.seconds;
  told["share"] = state_.share ? config::Node(*state_.share) : config::Node();
  told["share_from"] = state_.share_from;
  std::error_code ignored;  // nobody's work stops for this: a full disk shows itself where it matters
  const std::string part = file_.string() + ".part";
  if (std::ofstream out(part); !(out << config::to_json(told) << '\n')) return;
  std::filesystem::rename(part, file_, ignored);
}

void ProgressBar::draw() {
  if (mode_ == Mode::file) {
    tell();
  } else if (mode_ == Mode::lines) {
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
