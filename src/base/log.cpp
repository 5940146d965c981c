#include "base/log.h"

#include "base/error.h"
#include "base/log_levels.h"

#include <fmt/chrono.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <mutex>

namespace lx::log {
namespace {

struct Sink {
  std::mutex mutex;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{nullptr, &std::fclose};
  bool quiet = false;
  std::optional<Level> shown_from = Level::info;
  Level recorded_from = Level::debug;
  bool clean_output = false;
  void (*clear)() = nullptr;
  void (*redraw)() = nullptr;
};

Sink& sink() {
  static Sink instance;
  return instance;
}

const char* name(Level level) {
  switch (level) {
    case Level::debug:
      return "DEBUG";
    case Level::info:
      return "INFO";
    case Level::warning:
      return "WARNING";
    case Level::error:
      return "ERROR";
  }
  return "";
}

}  // namespace

void write(Level level, const std::string& line) {
  Sink& out = sink();
  const std::lock_guard lock(out.mutex);
  const bool wanted = out.shown_from && level >= *out.shown_from;
  const bool shown = wanted && (level > Level::info || !out.quiet);
  if (shown) {
    if (out.clear) out.clear();
    std::FILE* stream = level <= Level::info && !out.clean_output ? stdout : stderr;
    const char* prefix = level == Level::debug     ? "debug: "
                         : level == Level::warning ? "warning: "
                         : level == Level::error   ? "error: "
                                                   : "";
    fmt::print(stream, "{}{}\n", prefix, line);
    std::fflush(stream);
    if (out.redraw) out.redraw();
  }
  if (out.file && level >= out.recorded_from) {
    const auto now = std::chrono::system_clock::now();
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    fmt::print(out.file.get(), "[{:%Y-%m-%d %H:%M:%S},{:03}][lx][{}] - {}\n",
               fmt::localtime(std::chrono::system_clock::to_time_t(now)), millis, name(level), line);
    std::fflush(out.file.get());
  }
}

void to_file(const std::filesystem::path& path) {
  Sink& out = sink();
  const std::lock_guard lock(out.mutex);
  out.file.reset();
  if (path.empty()) return;
  out.file.reset(std::fopen(path.c_str(), "ae"));
  require_machine(out.file != nullptr, "cannot write the log file {}", path.string());
}

void keep_output_clean(bool on) { sink().clean_output = on; }

void silence() { show_from(std::nullopt); }

void show_from(std::optional<Level> least) { sink().shown_from = least; }

void record_from(Level least) { sink().recorded_from = least; }

void quiet(bool on) { sink().quiet = on; }

void around_lines(void (*clear)(), void (*redraw)()) {
  Sink& out = sink();
  const std::lock_guard lock(out.mutex);
  out.clear = clear;
  out.redraw = redraw;
}

}  // namespace lx::log
