// A folder of its own for each test, which is also the cache while the test runs.
#pragma once

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"

#include <fstream>
#include <stdlib.h>
#include <string>
#include <string_view>

namespace lx {

class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "lx-test-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    ::setenv("LX_CACHE", (folder_ / "cache").c_str(), 1);
    log::quiet(true);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::permissions(folder_, fs::perms::owner_all, ignored);
    fs::remove_all(folder_, ignored);
    ::unsetenv("LX_CACHE");
    log::quiet(false);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  fs::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  fs::path folder_;
};

/// A file without the syncing of write_file(), which tests do not need.
inline void put_file(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

/// The message of the Error that `action` throws; "" when it throws none.
template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace lx
