// The safetensors format, read and written: a u64 header length, a JSON header (dtype, shape, data_offsets), raw
// little-endian data without holes or overlaps. https://github.com/huggingface/safetensors
#pragma once

#include "base/files.h"
#include "tensor/named_tensors.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lx {

/// "F32", "BF16", ...: how safetensors spells a dtype. Throws Error for one it has no word for (complex, quantized).
std::string_view dtype_name(at::ScalarType dtype);

/// A file mapped into memory whose header was checked whole: whatever is wrong with it is one Error from the
/// constructor.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const fs::path& path);

  std::vector<std::string> names() const;  // in the order of the data
  bool contains(const std::string& name) const { return entries_.contains(name); }
  /// A copy on the CPU. Throws Error when there is no such tensor.
  Tensor tensor(const std::string& name) const;
  NamedTensors all() const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  struct Entry {
    at::ScalarType dtype;
    std::vector<int64_t> shape;
    uint64_t begin, end;  // relative to the first byte after the header
  };
  void read_header(std::string_view header, uint64_t data_bytes);
  [[noreturn]] void refuse(const std::string& what) const;

  fs::path path_;
  MappedFile file_;
  uint64_t data_start_ = 0;
  std::map<std::string, Entry> entries_;
  std::vector<std::string> order_;
  std::map<std::string, std::string> metadata_;
};

struct WrittenFile {
  uint64_t bytes = 0;
  std::string hash;  // 32 hexadecimal digits of the whole content (base/hash.h)
};

/// Writes atomically (base/files.h). Tensors may live on any device and need not be contiguous; they are stored widest
/// dtype first, then by name, so that each is aligned. Throws Error, naming the path, when the disk is full.
WrittenFile write_safetensors(const fs::path& path, const NamedTensors& tensors,
                              const std::map<std::string, std::string>& metadata = {});

}  // namespace lx
