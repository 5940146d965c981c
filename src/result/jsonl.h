// metrics.jsonl: one JSON object a line, for pandas, jq and people with `tail -f`.
#pragma once

#include "base/files.h"

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace lx {

class JsonLines {
 public:
  using Value = std::variant<int64_t, double, std::string>;
  using Entry = std::pair<std::string_view, Value>;

  /// Opens `path` for appending; makes it and its folder when missing.
  explicit JsonLines(const fs::path& path);

  /// Appends one line and flushes it. Numbers that are not finite become null.
  void write(std::span<const Entry> entries);
  void write(std::initializer_list<Entry> entries) { write(std::span(entries.begin(), entries.size())); }

  /// Bytes written so far: a checkpoint keeps this number.
  int64_t offset() const { return offset_; }
  /// Drops what was written after the checkpoint that kept `offset`. A file that is shorter than that (someone cut or
  /// removed it) is kept as it is, with a warning: a lost log should not stop a run.
  void truncate_to(int64_t offset);

 private:
  fs::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  int64_t offset_ = 0;
};

}  // namespace lx
