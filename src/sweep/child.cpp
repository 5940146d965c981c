#include "sweep/child.h"

#include "base/error.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace lx {
namespace {

/// What the child needs, made before fork: between fork and exec nothing may allocate.
struct ChildStart {
  std::vector<std::string> words, variables;
  std::vector<char*> arguments, environment;
  std::string log;

  ChildStart(const SweepFolder& folder, int64_t cell) : log(folder.log(cell).string()) {
    words = {"lx", "cell", folder.path.string(), std::to_string(cell)};
    for (char** entry = environ; *entry; ++entry)
      if (std::strncmp(*entry, "LX_PROGRESS_FILE=", 17) != 0) variables.emplace_back(*entry);
    variables.push_back("LX_PROGRESS_FILE=" + folder.progress(cell).string());
    arguments = pointers(words);
    environment = pointers(variables);
  }

  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  }

  /// In the child; returns only when it cannot be started.
  void run(pid_t launcher, const cpu_set_t* processors) const {
    ::setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE}) ::signal(number, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != launcher) ::_exit(128 + SIGTERM);  // it died before the line above
    if (processors) ::sched_setaffinity(0, sizeof *processors, processors);
    const int nothing = ::open("/dev/null", O_RDONLY);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (nothing < 0 || out < 0 || ::dup2(nothing, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) return;
    // The file that runs now, even if a build has replaced it meanwhile: all cells run the same program.
    ::execve("/proc/self/exe", arguments.data(), environment.data());
  }
};

}  // namespace

CellProcess::CellProcess(const SweepFolder& folder, int64_t cell, const std::vector<int>& processors) {
  make_folders(folder.logs());
  std::error_code ignored;
  fs::remove(folder.progress(cell), ignored);  // what an earlier process said of itself
  const ChildStart start(folder, cell);
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : processors) CPU_SET(cpu, &set);
  const pid_t launcher = ::getpid();
  id_ = ::fork();
  if (id_ == 0) {
    start.run(launcher, processors.empty() ? nullptr : &set);
    ::_exit(127);
  }
  if (id_ < 0) throw MachineError(fmt::format("cannot start a process for cell {}: {}", cell, std::strerror(errno)));
}

CellProcess::~CellProcess() {
  if (id_ <= 0) return;
  kill();
  ::waitpid(id_, nullptr, 0);
}

CellProcess::CellProcess(CellProcess&& other) noexcept : id_(std::exchange(other.id_, -1)) {}

CellProcess& CellProcess::operator=(CellProcess&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}

std::optional<ChildExit> CellProcess::ended() {
  int status = 0;
  rusage used{};
  const pid_t got = ::wait4(id_, &status, WNOHANG, &used);
  if (got == 0 || (got < 0 && errno == EINTR)) return std::nullopt;
  id_ = -1;
  ChildExit exit;
  exit.status = got < 0 ? 127 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  exit.peak_memory = static_cast<uint64_t>(used.ru_maxrss) * 1024;
  return exit;
}

void CellProcess::ask_to_stop() const {
  if (id_ > 0) ::kill(id_, SIGTERM);
}

void CellProcess::kill() const {
  if (id_ > 0) ::kill(-id_, SIGKILL), ::kill(id_, SIGKILL);
}

}  // namespace lx
