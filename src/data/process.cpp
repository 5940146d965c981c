#include "data/process.h"

#include "base/error.h"
#include "base/text.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lx {
namespace {

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe: {}", std::strerror(errno));
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(size_t end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
  // False at the end of the stream.
  bool drain(std::string& into) {
    char buffer[1 << 16];
    const ssize_t got = ::read(ends[0], buffer, sizeof buffer);
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    into.append(buffer, static_cast<size_t>(got));
    return got > 0;
  }
};

std::vector<std::string> english_environment() {
  std::vector<std::string> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    if (!text.starts_with("LC_") && !text.starts_with("LANG")) all.emplace_back(text);
  }
  all.emplace_back("LC_ALL=C.UTF-8");
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

std::string ProgramResult::last_error() const {
  std::string last;
  for (const std::string& line : lx::split(errors, '\n')) {
    if (const std::string_view text = trim(line); !text.empty()) last = text;
  }
  return last.empty() ? fmt::format("it stopped with status {}", status) : last;
}

ProgramResult run_program(const std::vector<std::string>& command, const fs::path& folder,
                          const std::function<void()>& tick) {
  Pipe out, err, start;
  // Everything that allocates happens before fork: other threads may hold the allocator's lock.
  std::vector<std::string> words = command, variables = english_environment();
  const std::vector<char*> arguments = pointers_to(words), environment = pointers_to(variables);
  const pid_t child = ::fork();
  require(child >= 0, "cannot start {}: {}", command[0], std::strerror(errno));
  if (child == 0) {
    const int nothing = ::open("/dev/null", O_RDONLY);
    const bool placed = folder.empty() || ::chdir(folder.c_str()) == 0;
    if (placed && ::dup2(nothing, 0) >= 0 && ::dup2(out.ends[1], 1) >= 0 && ::dup2(err.ends[1], 2) >= 0) {
      ::execvpe(arguments[0], arguments.data(), environment.data());
    }
    const int why = errno;
    [[maybe_unused]] const ssize_t told = ::write(start.ends[1], &why, sizeof why);
    ::_exit(127);
  }
  out.close_end(1);
  err.close_end(1);
  start.close_end(1);
  int why = 0;
  if (::read(start.ends[0], &why, sizeof why) == sizeof why) {
    ::waitpid(child, nullptr, 0);
    fail("cannot start {}: {}", command[0], std::strerror(why));
  }
  ProgramResult result;
  bool out_open = true, err_open = true;
  auto last_tick = std::chrono::steady_clock::now();
  while (out_open || err_open) {
    std::array<pollfd, 2> watched{pollfd{out_open ? out.ends[0] : -1, POLLIN, 0},
                                  pollfd{err_open ? err.ends[0] : -1, POLLIN, 0}};
    ::poll(watched.data(), watched.size(), 200);
    if (watched[0].revents) out_open = out.drain(result.output);
    if (watched[1].revents) err_open = err.drain(result.errors);
    const auto now = std::chrono::steady_clock::now();
    if (tick && now - last_tick > std::chrono::milliseconds(200)) {
      last_tick = now;
      tick();
    }
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

bool program_exists(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const std::string& folder : lx::split(path ? path : "/usr/bin:/bin", ':')) {
    if (::access((fs::path(folder) / name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace lx
