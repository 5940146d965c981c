#include "data/inflate.h"

#include "base/error.h"
#include "data/process.h"

#include <algorithm>
#include <zlib.h>

namespace lx {

std::string inflate_front(std::string_view compressed, const std::string& what, size_t& packed_bytes) {
  z_stream stream{};
  require(inflateInit2(&stream, 15 + 32) == Z_OK, "cannot inflate {}: out of memory", what);  // 32: gzip or zlib
  const struct Ender {
    z_stream* it;
    ~Ender() { inflateEnd(it); }
  } ender{&stream};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  size_t fed = 0;
  std::string plain;
  char buffer[1 << 16];
  for (int state = Z_OK; state != Z_STREAM_END;) {
    if (stream.avail_in == 0) {  // zlib counts in 32 bits
      stream.avail_in = static_cast<uInt>(std::min<size_t>(compressed.size() - fed, 1u << 30));
      fed += stream.avail_in;
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    state = inflate(&stream, Z_NO_FLUSH);
    plain.append(buffer, sizeof buffer - stream.avail_out);
    if (state != Z_OK && state != Z_STREAM_END) {
      fail("cannot inflate {}: {}", what,
           state == Z_BUF_ERROR ? "it ends too early"
           : stream.msg         ? stream.msg
                                : "it is damaged");
    }
  }
  packed_bytes = fed - stream.avail_in;
  return plain;
}

std::string inflate_bytes(std::string_view compressed, const std::string& what) {
  std::string plain;
  do {
    size_t used = 0;
    plain += inflate_front(compressed, what, used);
    compressed.remove_prefix(used);
  } while (compressed.starts_with("\x1F\x8B"));  // a gzip file may have several members
  return plain;
}

std::string read_unpacked(const fs::path& path) {
  std::string bytes = read_file(path);
  if (bytes.starts_with("\x1F\x8B")) return inflate_bytes(bytes, shown(path));
  if (bytes.starts_with(std::string_view("\xFD"
                                         "7zXZ\0",
                                         6))) {
    require(program_exists("xz"), "{} is xz-compressed and the program xz is missing: sudo apt-get install xz-utils",
            shown(path));
    ProgramResult unpacked = run_program({"xz", "-dc", "--", path.string()});
    require(unpacked.ok(), "cannot unpack {}: {}", shown(path), unpacked.last_error());
    return std::move(unpacked.output);
  }
  return bytes;
}

std::string without_compression_suffix(std::string name) {
  if (name.ends_with(".gz") || name.ends_with(".xz")) name.resize(name.size() - 3);
  return name;
}

}  // namespace lx
