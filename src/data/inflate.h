// Compressed files become plain bytes: gzip and zlib through zlib, xz through the xz program.
#pragma once

#include "base/files.h"

#include <string>
#include <string_view>

namespace lx {

/// Inflates the one zlib stream or gzip member at the front; `packed_bytes` becomes its length. `what` names it in the
/// error of a damaged stream.
std::string inflate_front(std::string_view compressed, const std::string& what, size_t& packed_bytes);

/// Inflates a zlib stream or all members of a gzip file.
std::string inflate_bytes(std::string_view compressed, const std::string& what);

/// The whole file, unpacked when its first bytes say that it is gzip or xz.
std::string read_unpacked(const fs::path& path);

/// The name without a final ".gz" or ".xz".
std::string without_compression_suffix(std::string name);

}  // namespace lx
