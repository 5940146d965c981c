#include "sweep/resources.h"

#include "base/text.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sched.h>
#include <set>
#include <sstream>
#include <string>

namespace lx {
namespace {

struct ProcFile {
  /// The number behind "Name:" in kB, in bytes.
  static std::optional<uint64_t> kilobytes(const std::string& path, const std::string& name) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with(name + ":")) continue;
      std::istringstream words(line.substr(name.size() + 1));
      uint64_t value = 0;
      if (words >> value) return value * 1024;
    }
    return std::nullopt;
  }

  static std::optional<uint64_t> number(const std::string& path) {
    std::ifstream file(path);
    uint64_t value = 0;
    if (file >> value) return value;
    return std::nullopt;  // "max" is no number either
  }

  /// Memory left in the control group at `folder`, which may be of version 2 or 1.
  static uint64_t left_in_group(const std::string& folder) {
    uint64_t left = std::numeric_limits<uint64_t>::max();
    for (const auto& [limit, usage] :
         {std::pair{"/memory.max", "/memory.current"}, std::pair{"/memory.limit_in_bytes", "/memory.usage_in_bytes"}}) {
      const auto most = number(folder + limit), used = number(folder + usage);
      if (!most || !used) continue;
      // Pages of files count as used, but are given back when they are wanted.
      const uint64_t cache = std::min(*used, cached(folder));
      left = std::min(left, *most > *used - cache ? *most - (*used - cache) : 0);
    }
    return left;
  }

  static uint64_t cached(const std::string& folder) {
    std::ifstream file(folder + "/memory.stat");
    uint64_t total = 0;
    std::string name;
    for (uint64_t value = 0; file >> name >> value;)
      if (name == "inactive_file") total = value;
    return total;
  }
};

}  // namespace

std::vector<int> processors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  std::vector<int> first, others;
  std::set<std::string> seen;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
    std::string siblings;
    std::getline(file, siblings);
    (siblings.empty() || seen.insert(siblings).second ? first : others).push_back(cpu);
  }
  first.insert(first.end(), others.begin(), others.end());
  return first;
}

uint64_t available_memory() {
  uint64_t left = ProcFile::kilobytes("/proc/meminfo", "MemAvailable").value_or(std::numeric_limits<uint64_t>::max());
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto parts = split(line, ':');
    if (parts.size() < 3 || (!parts[1].empty() && parts[1].find("memory") == std::string::npos)) continue;
    const std::string root = parts[1].empty() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    for (std::string group = parts[2]; !group.empty(); group.resize(group.rfind('/'))) {
      left = std::min(left, ProcFile::left_in_group(root + (group == "/" ? "" : group)));
      if (group == "/") break;
    }
    left = std::min(left, ProcFile::left_in_group(root));
  }
  return left;
}

std::optional<ProcessMemory> process_memory(pid_t process) {
  const std::string path = "/proc/" + std::to_string(process) + "/status";
  const auto now = ProcFile::kilobytes(path, "VmRSS"), peak = ProcFile::kilobytes(path, "VmHWM");
  if (!now || !peak) return std::nullopt;
  return ProcessMemory{*now, *peak};
}

}  // namespace lx
