#include "base/files.h"

#include "base/error.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace lx {
namespace {

std::string reason() { return std::strerror(errno); }

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

void sync_path(const fs::path& path, int flags) {
  const Descriptor file{::open(path.c_str(), flags | O_CLOEXEC)};
  const bool synced = file.value >= 0 && ::fsync(file.value) == 0;  // before reason(): arguments have no order
  require_machine(synced, "cannot write {}: {}", path.string(), reason());
}

void sync_folder_of(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor file{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (file.value >= 0)
    ::fsync(file.value);  // some file systems refuse to sync a folder: the rename stands all the same
}

void rename_into_place(const fs::path& from, const fs::path& to) {
  const bool renamed = ::rename(from.c_str(), to.c_str()) == 0;
  require_machine(renamed, "cannot put {} in place: {}", to.string(), reason());
  sync_folder_of(to);
}

}  // namespace

std::string read_file(const fs::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  require(file.value >= 0, "cannot read {}: {}", path.string(), reason());
  std::string content;
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = ::read(file.value, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    require(got >= 0, "cannot read {}: {}", path.string(), reason());
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
  }
}

void write_file(const fs::path& path, std::string_view content) {
  PendingFile pending(path);
  {
    const Descriptor file{::open(pending.part().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    require_machine(file.value >= 0, "cannot write {}: {}", path.string(), reason());
    while (!content.empty()) {
      const ssize_t put = ::write(file.value, content.data(), content.size());
      if (put < 0 && errno == EINTR) continue;
      require_machine(put >= 0, "cannot write {}: {}", path.string(), reason());
      content.remove_prefix(static_cast<size_t>(put));
    }
  }
  pending.commit();
}

PendingFile::PendingFile(fs::path path) : path_(std::move(path)), part_(path_) {
  part_ += ".part";
  if (path_.has_parent_path()) make_folders(path_.parent_path());
}

PendingFile::~PendingFile() {
  std::error_code ignored;
  if (!committed_) fs::remove(part_, ignored);
}

void PendingFile::commit() {
  sync_path(part_, O_RDWR);
  rename_into_place(part_, path_);
  committed_ = true;
}

PendingFolder::PendingFolder(fs::path path) : path_(std::move(path)), part_(path_) {
  part_ += ".part";
  std::error_code ignored;
  fs::remove_all(part_, ignored);
  make_folders(part_);
}

PendingFolder::~PendingFolder() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(part_, ignored);
}

void PendingFolder::commit() {
  for (const auto& entry : fs::recursive_directory_iterator(part_)) {
    if (entry.is_regular_file()) sync_path(entry.path(), O_RDWR);
  }
  sync_folder_of(part_ / "any");
  std::error_code error;
  if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0) {
    sync_folder_of(path_);
    fs::remove_all(part_, error);
  } else if (fs::exists(path_)) {
    // Some file systems cannot exchange, and a folder cannot be renamed over a filled one: step aside first, so that
    // one of the two always exists.
    fs::path old = path_;
    old += ".old";
    fs::remove_all(old, error);
    rename_into_place(path_, old);
    rename_into_place(part_, path_);
    fs::remove_all(old, error);
  } else {
    rename_into_place(part_, path_);
  }
  committed_ = true;
}

MappedFile::MappedFile(const fs::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  require(file.value >= 0, "cannot read {}: {}", path.string(), reason());
  struct stat status {};
  require(::fstat(file.value, &status) == 0 && S_ISREG(status.st_mode), "cannot read {}: not a file", path.string());
  size_ = static_cast<size_t>(status.st_size);
  if (size_ == 0) return;
  data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.value, 0);
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    fail("cannot map {}: {}", path.string(), reason());
  }
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(data_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

std::optional<FileLock> FileLock::try_lock(const fs::path& path) {
  if (path.has_parent_path()) make_folders(path.parent_path());
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  require_machine(descriptor >= 0, "cannot write {}: {}", path.string(), reason());
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    const std::string why = reason();
    ::close(descriptor);
    require_machine(held, "cannot lock {}: {}", path.string(), why);
    return std::nullopt;
  }
  return FileLock(descriptor);
}

std::optional<FileLock> FileLock::wait_lock(const fs::path& path, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (true) {
    auto lock = try_lock(path);
    if (lock || std::chrono::steady_clock::now() >= end) return lock;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

bool FileLock::held(const fs::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  return file.value >= 0 && ::flock(file.value, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  require_machine(!error || fs::is_directory(path), "cannot make the folder {}: {}", path.string(), error.message());
}

fs::path cache_folder() {
  const auto set = [](const char* name) -> const char* {
    const char* value = std::getenv(name);
    return value && *value ? value : nullptr;
  };
  if (const char* own = set("LX_CACHE")) return own;
  if (const char* xdg = set("XDG_CACHE_HOME")) return fs::path(xdg) / "lx";
  const char* home = set("HOME");
  require(home, "no place for prepared data: set LX_CACHE, XDG_CACHE_HOME or HOME");
  return fs::path(home) / ".cache" / "lx";
}

fs::path project_folder() {
  if (const char* home = std::getenv("LX_HOME"); home && *home) return home;
  return LX_SOURCE_FOLDER;
}

std::string shown(const fs::path& path) {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (error) return path.string();
  const fs::path relative = fs::absolute(path).lexically_normal().lexically_relative(here);
  if (relative.empty()) return path.string();
  const std::string text = relative.string();
  return text.starts_with("../../..") ? fs::absolute(path).lexically_normal().string() : text;
}

}  // namespace lx
