// What lx says while it works: plain sentences on the terminal, the same with time and level in the run's log file.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>

namespace lx::log {

enum class Level { debug, info, warning, error };

/// Writes one line: info to standard output, warning and error to standard error, debug nowhere; all to the log file.
void write(Level level, const std::string& line);

template <class... Args>
void debug(fmt::format_string<Args...> message, Args&&... args) {
  write(Level::debug, fmt::format(message, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> message, Args&&... args) {
  write(Level::info, fmt::format(message, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> message, Args&&... args) {
  write(Level::warning, fmt::format(message, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> message, Args&&... args) {
  write(Level::error, fmt::format(message, std::forward<Args>(args)...));
}

/// Appends everything written from now on to `path` as "[time][lx][LEVEL] - line". An empty path stops that.
void to_file(const std::filesystem::path& path);

/// Info lines go to standard error as well: for commands whose standard output is their product, to be piped on.
void keep_output_clean(bool on);

/// Nothing goes to the terminal any more; the file still gets all.
void silence();

/// Hides info lines on the terminal (they still reach the file).
void quiet(bool on);

/// Called before and after each terminal line, so that a progress bar can step aside. Pass nullptr to remove it.
void around_lines(void (*clear)(), void (*redraw)());

}  // namespace lx::log
