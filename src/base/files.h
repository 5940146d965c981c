// Files that are complete or absent: written beside their name, synced, renamed. And reading with clear errors.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lx {

namespace fs = std::filesystem;

/// The whole file. Throws Error naming the path and the reason.
std::string read_file(const fs::path& path);

/// Writes `path`.part, syncs it, renames it to `path` and syncs the folder. On failure removes the part and throws
/// Error ("no space left on device" included); an older file at `path` is then untouched.
void write_file(const fs::path& path, std::string_view content);

/// For writers that need a stream or another library: hand `part()` to them, then commit(). Destroyed uncommitted, it
/// removes the part.
class PendingFile {
 public:
  explicit PendingFile(fs::path path);  // makes the parent folder when missing
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  const fs::path& part() const { return part_; }
  void commit();  // fsync, rename, fsync of the folder

 private:
  fs::path path_, part_;
  bool committed_ = false;
};

/// The same for a folder of files: fill part(), then commit() syncs each file and renames the folder.
/// commit() replaces an existing folder of that name.
class PendingFolder {
 public:
  explicit PendingFolder(fs::path path);
  ~PendingFolder();
  PendingFolder(const PendingFolder&) = delete;
  PendingFolder& operator=(const PendingFolder&) = delete;
  const fs::path& part() const { return part_; }
  void commit();

 private:
  fs::path path_, part_;
  bool committed_ = false;
};

/// A read-only memory map of a whole file (empty files allowed).
class MappedFile {
 public:
  explicit MappedFile(const fs::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

/// An exclusive lock held on `path` (created when missing) while this lives; gone when the process dies.
class FileLock {
 public:
  /// Empty when another process holds it.
  static std::optional<FileLock> try_lock(const fs::path& path);
  /// Waits for whoever holds it, `seconds` at most; empty when that was not enough.
  static std::optional<FileLock> wait_lock(const fs::path& path, double seconds);
  /// Does another process hold it just now? Makes no file.
  static bool held(const fs::path& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

void make_folders(const fs::path& path);  // create_directories with a clear error
/// $LX_CACHE, else $XDG_CACHE_HOME/lx, else ~/.cache/lx.
fs::path cache_folder();
/// The project's own folder with configs/ in it: $LX_HOME, else the one this program was built from.
fs::path project_folder();
/// `path` as a person in the current folder would type it.
std::string shown(const fs::path& path);

}  // namespace lx
