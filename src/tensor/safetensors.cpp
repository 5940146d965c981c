// Reading trusts nothing: every number of the header is checked against the file before memory is touched.
#include "tensor/safetensors.h"

#include "base/error.h"
#include "base/hash.h"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <set>
#include <unistd.h>
#include <utility>

namespace lx {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data are little-endian");

using nlohmann::json;

constexpr uint64_t kLongestHeader = 100'000'000;  // the limit of the reference implementation

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 10> kDtypes{{{"F64", at::kDouble},
                                                                               {"F32", at::kFloat},
                                                                               {"F16", at::kHalf},
                                                                               {"BF16", at::kBFloat16},
                                                                               {"I64", at::kLong},
                                                                               {"I32", at::kInt},
                                                                               {"I16", at::kShort},
                                                                               {"I8", at::kChar},
                                                                               {"U8", at::kByte},
                                                                               {"BOOL", at::kBool}}};

/// Writes and hashes; what the stream library hides (no space left) is said here.
class HashedWriter {
 public:
  HashedWriter(const fs::path& part, fs::path shown_path) : path_(std::move(shown_path)) {
    descriptor_ = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) complain();
  }
  ~HashedWriter() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  HashedWriter(const HashedWriter&) = delete;
  HashedWriter& operator=(const HashedWriter&) = delete;

  void write(const void* data, size_t bytes) {
    hasher_.update(data, bytes);
    total_ += bytes;
    const char* next = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t put = ::write(descriptor_, next, bytes);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) complain();
      next += put;
      bytes -= static_cast<size_t>(put);
    }
  }
  WrittenFile written() const { return {total_, hasher_.hex()}; }

 private:
  [[noreturn]] void complain() const {
    throw MachineError(fmt::format("cannot write {}: {}", path_.string(), std::strerror(errno)));
  }

  fs::path path_;
  int descriptor_;
  Hasher hasher_;
  uint64_t total_ = 0;
};

/// nlohmann-json keeps the last of two equal keys; safetensors forbids them.
json parse_without_duplicates(std::string_view text, std::string& duplicate) {
  std::vector<std::set<std::string>> seen;
  const auto watch = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) seen.emplace_back();
    if (event == json::parse_event_t::object_end) seen.pop_back();
    if (event == json::parse_event_t::key && !seen.back().insert(value.get<std::string>()).second)
      duplicate = value.get<std::string>();
    return true;
  };
  return json::parse(text.begin(), text.end(), watch);
}

}  // namespace

std::string_view dtype_name(at::ScalarType dtype) {
  for (const auto& [name, type] : kDtypes)
    if (type == dtype) return name;
  fail("safetensors has no dtype for {}", c10::toString(dtype));
}

void SafetensorsFile::refuse(const std::string& what) const {
  fail("{} is not a whole safetensors file: {}", path_.string(), what);
}

SafetensorsFile::SafetensorsFile(const fs::path& path) : path_(path), file_(path) {
  const auto bytes = file_.bytes();
  if (bytes.size() < 8) refuse(fmt::format("it has only {} bytes", bytes.size()));
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data(), 8);
  if (header_bytes > kLongestHeader) refuse(fmt::format("its header claims {} bytes", header_bytes));
  if (header_bytes > bytes.size() - 8)
    refuse(fmt::format("its header claims {} bytes of {}", header_bytes, bytes.size() - 8));
  data_start_ = 8 + header_bytes;
  read_header({reinterpret_cast<const char*>(bytes.data()) + 8, header_bytes}, bytes.size() - data_start_);
}

void SafetensorsFile::read_header(std::string_view header, uint64_t data_bytes) {
  json root;
  std::string duplicate;
  if (!header.starts_with('{')) refuse("its header does not begin with '{'");
  try {
    root = parse_without_duplicates(header, duplicate);
  } catch (const json::exception&) {
    refuse("its header is not JSON");
  }
  if (!duplicate.empty()) refuse(fmt::format("its header has the key '{}' twice", duplicate));

  for (const auto& [name, value] : root.items()) {
    if (name == "__metadata__") {
      if (!value.is_object()) refuse("its __metadata__ is not an object");
      for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) refuse(fmt::format("its metadata '{}' is not a string", key));
        metadata_[key] = text.get<std::string>();
      }
      continue;
    }
    const auto bad = [&](const std::string& what) { refuse(fmt::format("tensor '{}' {}", name, what)); };
    if (!value.is_object() || value.size() != 3) bad("must have dtype, shape and data_offsets only");
    for (const char* key : {"dtype", "shape", "data_offsets"})
      if (!value.contains(key)) bad(fmt::format("has no {}", key));
    const json &dtype = value["dtype"], &shape = value["shape"], &offsets = value["data_offsets"];

    Entry entry{};
    bool known = false;
    for (const auto& [word, type] : kDtypes)
      if (dtype.is_string() && dtype.get_ref<const std::string&>() == word) entry.dtype = type, known = true;
    if (!known) bad(fmt::format("has the dtype {}, which lx does not read", dtype.is_string() ? dtype.dump() : "?"));

    uint64_t needed = c10::elementSize(entry.dtype);
    if (!shape.is_array()) bad("has a shape that is not a list");
    for (const json& size : shape) {
      if (!size.is_number_unsigned() || size.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
        bad("has a shape that is not a list of sizes");
      entry.shape.push_back(size.get<int64_t>());
      if (__builtin_mul_overflow(needed, size.get<uint64_t>(), &needed)) bad("has an impossible shape");
    }
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned())
      bad("has data_offsets that are not two positions");
    entry.begin = offsets[0].get<uint64_t>();
    entry.end = offsets[1].get<uint64_t>();
    if (entry.begin > entry.end || entry.end > data_bytes)
      bad(fmt::format("lies at bytes {} to {} of {}", entry.begin, entry.end, data_bytes));
    if (entry.end - entry.begin != needed)
      bad(fmt::format("needs {} bytes and has {}", needed, entry.end - entry.begin));
    entries_.emplace(name, std::move(entry));
    order_.push_back(name);
  }

  const auto position = [&](const std::string& name) {
    const Entry& entry = entries_.at(name);
    return std::pair(entry.begin, entry.end);
  };
  std::stable_sort(order_.begin(), order_.end(),
                   [&](const std::string& a, const std::string& b) { return position(a) < position(b); });
  uint64_t expected = 0;
  for (const std::string& name : order_) {
    if (position(name).first != expected) refuse(fmt::format("before tensor '{}' data overlap or are missing", name));
    expected = position(name).second;
  }
  if (expected != data_bytes) refuse(fmt::format("{} bytes at its end belong to no tensor", data_bytes - expected));

  for (const auto& [name, entry] : entries_) {
    if (entry.dtype != at::kBool) continue;  // a bool that is neither 0 nor 1 is undefined behaviour in C++
    const auto data = file_.bytes().subspan(data_start_ + entry.begin, entry.end - entry.begin);
    if (std::any_of(data.begin(), data.end(), [](std::byte b) { return std::to_integer<int>(b) > 1; }))
      refuse(fmt::format("tensor '{}' has a truth value that is neither 0 nor 1", name));
  }
}

std::vector<std::string> SafetensorsFile::names() const { return order_; }

Tensor SafetensorsFile::tensor(const std::string& name) const {
  const auto found = entries_.find(name);
  require(found != entries_.end(), "{} has no tensor '{}'", path_.string(), name);
  const Entry& entry = found->second;
  Tensor copy = at::empty(entry.shape, at::TensorOptions().dtype(entry.dtype));
  const uint64_t bytes = entry.end - entry.begin;
  if (bytes > 0) std::memcpy(copy.data_ptr(), file_.bytes().data() + data_start_ + entry.begin, bytes);
  return copy;
}

NamedTensors SafetensorsFile::all() const {
  NamedTensors tensors;
  for (const std::string& name : order_) tensors.emplace_back(name, tensor(name));
  return tensors;
}

WrittenFile write_safetensors(const fs::path& path, const NamedTensors& tensors,
                              const std::map<std::string, std::string>& metadata) {
  std::vector<const NamedTensors::value_type*> order;
  for (const auto& named : tensors) order.push_back(&named);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(-static_cast<int64_t>(a->second.element_size()), std::string_view(a->first)) <
           std::pair(-static_cast<int64_t>(b->second.element_size()), std::string_view(b->first));
  });

  json header = json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t end = 0;
  for (const auto* named : order) {
    const auto& [name, tensor] = *named;
    require(name != "__metadata__" && !header.contains(name), "cannot write {}: the tensor name '{}' is {}",
            path.string(), name, name == "__metadata__" ? "reserved" : "used twice");
    const uint64_t begin = end;
    end += tensor.nbytes();
    header[name] = {
        {"dtype", dtype_name(tensor.scalar_type())}, {"shape", tensor.sizes().vec()}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');

  PendingFile pending(path);
  HashedWriter writer(pending.part(), path);
  const uint64_t header_bytes = text.size();
  writer.write(&header_bytes, sizeof header_bytes);
  writer.write(text.data(), text.size());
  for (const auto* named : order) {
    const Tensor plain = named->second.detach().to(at::kCPU).contiguous();
    if (plain.nbytes() > 0) writer.write(plain.data_ptr(), plain.nbytes());
  }
  pending.commit();
  return writer.written();
}

}  // namespace lx
