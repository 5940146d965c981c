// TensorBoard's record framing and the few protobuf messages it needs.
#include "result/events.h"

#include "base/error.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <unistd.h>

namespace lx {
namespace {

constexpr std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? 0x82f63b78u : 0u);
    table[i] = value;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kCrcTable = crc_table();

template <class T>
void put_fixed(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Protobuf: each field is a key (number and wire type) and a value.
struct Message {
  std::string bytes;

  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
    bytes.push_back(static_cast<char>(value));
  }
  void key(int field, int wire) { varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire)); }
  Message& integer(int field, int64_t value) {
    key(field, 0);
    varint(static_cast<uint64_t>(value));
    return *this;
  }
  Message& real(int field, double value) {
    key(field, 1);
    put_fixed(bytes, value);
    return *this;
  }
  Message& real32(int field, float value) {
    key(field, 5);
    put_fixed(bytes, value);
    return *this;
  }
  Message& text(int field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    bytes.append(value);
    return *this;
  }
};

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

fs::path new_event_file(const fs::path& folder) {
  make_folders(folder);
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  for (int n = 0;; ++n) {
    const fs::path path = folder / fmt::format("events.out.tfevents.{:010d}.{}.{}.{}",
                                               static_cast<int64_t>(wall_time()), host, ::getpid(), n);
    if (!fs::exists(path)) return path;
  }
}

// Field numbers of Event (tensorflow/core/util/event.proto) and Summary (framework/summary.proto).
constexpr int kEventFileVersion = 3, kEventSummary = 5, kEventSession = 7;
constexpr int kSummaryValue = 1, kValueTag = 1, kValueSimple = 2, kValueTensor = 8, kValueMetadata = 9;
constexpr int kTensorString = 7;  // DataType DT_STRING
constexpr int kSessionStart = 1;  // SessionLog.SessionStatus START

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t value = ~0u;
  for (const char c : bytes) value = kCrcTable[(value ^ static_cast<uint8_t>(c)) & 0xff] ^ (value >> 8);
  return ~value;
}

uint32_t masked_crc32c(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xa282ead8u; }

EventWriter::EventWriter(const fs::path& folder, int64_t resumed_step)
    : path_(new_event_file(folder)), file_(std::fopen(path_.c_str(), "wbe"), &std::fclose) {
  require_machine(file_ != nullptr, "cannot write {}: {}", path_.string(), std::strerror(errno));
  write(Message().text(kEventFileVersion, "brain.Event:2").bytes, 0);
  if (resumed_step > 0) {
    // TensorBoard purges older events at this step and after it: the first step done again is the next one.
    write(Message().text(kEventSession, Message().integer(1, kSessionStart).bytes).bytes, resumed_step + 1);
  }
}

void EventWriter::scalar(std::string_view tag, double value, int64_t step) {
  const Message entry = Message().text(kValueTag, tag).real32(kValueSimple, static_cast<float>(value));
  write(Message().text(kEventSummary, Message().text(kSummaryValue, entry.bytes).bytes).bytes, step);
}

void EventWriter::text(std::string_view tag, std::string_view markdown, int64_t step) {
  const Message plugin = Message().text(1, "text");
  const Message shape = Message().text(2, Message().integer(1, 1).bytes);  // one dimension of size 1
  const Message tensor = Message().integer(1, kTensorString).text(2, shape.bytes).text(8, markdown);
  const Message entry = Message()
                            .text(kValueTag, tag)
                            .text(kValueTensor, tensor.bytes)
                            .text(kValueMetadata, Message().text(1, plugin.bytes).bytes);
  write(Message().text(kEventSummary, Message().text(kSummaryValue, entry.bytes).bytes).bytes, step);
}

void EventWriter::write(std::string_view event_fields, int64_t step) {
  Message event = Message().real(1, wall_time()).integer(2, step);
  event.bytes.append(event_fields);
  std::string head;
  put_fixed(head, static_cast<uint64_t>(event.bytes.size()));
  std::string record = head;
  put_fixed(record, masked_crc32c(head));
  record += event.bytes;
  put_fixed(record, masked_crc32c(event.bytes));
  const bool written =
      std::fwrite(record.data(), 1, record.size(), file_.get()) == record.size() && std::fflush(file_.get()) == 0;
  require_machine(written, "cannot write {}: {}", path_.string(), std::strerror(errno));
}

}  // namespace lx
