// TensorBoard event files: scalars and texts, read by TensorBoard and everything that imports its logs.
// Format: records of (length, masked crc32c, bytes, masked crc32c); bytes are a protobuf message, written by hand.
#pragma once

#include "base/files.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace lx {

/// Castagnoli's cyclic redundancy check, as in RFC 3720.
uint32_t crc32c(std::string_view bytes);
/// Rotated and shifted, as TensorFlow stores it beside the data it protects.
uint32_t masked_crc32c(std::string_view bytes);

class EventWriter {
 public:
  /// Opens a new file events.out.tfevents.<time>.<host>.<process>.<n> in `folder`, made when missing. After a resume
  /// give the step resumed from: TensorBoard then drops what older files say about later steps. 0: a fresh run.
  explicit EventWriter(const fs::path& folder, int64_t resumed_step = 0);

  /// Each call reaches the file before it returns.
  void scalar(std::string_view tag, double value, int64_t step);
  /// Shown as Markdown under "Text".
  void text(std::string_view tag, std::string_view markdown, int64_t step);

  const fs::path& path() const { return path_; }

 private:
  void write(std::string_view event_fields, int64_t step);
  fs::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

}  // namespace lx
