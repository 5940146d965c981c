// The logs other tools read: TensorBoard events and JSON lines.
#include "catch.h"
#include "result/events.h"
#include "result/jsonl.h"
#include "temporary.h"

#include <cstring>
#include <limits>
#include <map>
#include <vector>

namespace lx {
namespace {

// A reader of our own, from the format's description: length-delimited fields, varints, fixed 32 and 64 bits.
struct Fields {
  std::multimap<int, std::string> texts;
  std::map<int, uint64_t> numbers;

  explicit Fields(const std::string& bytes) {
    size_t at = 0;
    const auto varint = [&] {
      uint64_t value = 0;
      for (int shift = 0;; shift += 7) {
        const auto byte = static_cast<uint8_t>(bytes.at(at++));
        value |= static_cast<uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    };
    while (at < bytes.size()) {
      const uint64_t key = varint();
      const int field = static_cast<int>(key >> 3);
      if ((key & 7) == 0) {
        numbers[field] = varint();
      } else if ((key & 7) == 2) {
        const size_t size = varint();
        texts.emplace(field, bytes.substr(at, size));
        at += size;
      } else {
        const size_t size = (key & 7) == 1 ? 8 : 4;
        uint64_t value = 0;
        std::memcpy(&value, bytes.data() + at, size);
        numbers[field] = value;
        at += size;
      }
    }
  }
  std::string text(int field) const {
    const auto found = texts.find(field);
    return found == texts.end() ? "" : found->second;
  }
  float real32(int field) const {
    const auto bits = static_cast<uint32_t>(numbers.at(field));
    float value = 0;
    std::memcpy(&value, &bits, 4);
    return value;
  }
};

std::vector<Fields> events_of(const fs::path& path) {
  const std::string bytes = read_file(path);
  std::vector<Fields> events;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t size = 0;
    uint32_t head_check = 0, body_check = 0;
    std::memcpy(&size, bytes.data() + at, 8);
    std::memcpy(&head_check, bytes.data() + at + 8, 4);
    REQUIRE(head_check == masked_crc32c(bytes.substr(at, 8)));
    const std::string body = bytes.substr(at + 12, size);
    REQUIRE(body.size() == size);
    std::memcpy(&body_check, bytes.data() + at + 12 + size, 4);
    REQUIRE(body_check == masked_crc32c(body));
    events.emplace_back(body);
    at += 16 + size;
  }
  return events;
}

}  // namespace

TEST_CASE("crc32c agrees with the vectors of RFC 3720") {
  CHECK(crc32c("") == 0u);
  CHECK(crc32c("123456789") == 0xe3069283u);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aau);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43u);
  std::string rising(32, '\0');
  for (int i = 0; i < 32; ++i) rising[static_cast<size_t>(i)] = static_cast<char>(i);
  CHECK(crc32c(rising) == 0x46dd794eu);
}

TEST_CASE("event files hold the version, scalars and texts, each record with its checksums") {
  const TemporaryFolder folder;
  EventWriter writer(folder.path / "tensorboard");
  writer.scalar("train/loss", 2.5, 300);
  writer.scalar("train/loss", std::numeric_limits<double>::quiet_NaN(), 301);
  writer.text("config", "seed: 1", 0);
  CHECK(writer.path().filename().string().starts_with("events.out.tfevents."));

  const auto events = events_of(writer.path());
  REQUIRE(events.size() == 4);
  CHECK(events[0].text(3) == "brain.Event:2");
  CHECK(events[1].numbers.at(2) == 300);
  const Fields value(Fields(events[1].text(5)).text(1));
  CHECK(value.text(1) == "train/loss");
  CHECK(value.real32(2) == 2.5f);
  const Fields note(Fields(events[3].text(5)).text(1));
  CHECK(Fields(note.text(8)).text(8) == "seed: 1");
  CHECK(Fields(note.text(8)).numbers.at(1) == 7);
  CHECK(Fields(Fields(note.text(9)).text(1)).text(1) == "text");
}

TEST_CASE("a resumed run opens a new event file that purges later steps of older ones") {
  const TemporaryFolder folder;
  const EventWriter first(folder.path);
  const EventWriter second(folder.path, 500);
  CHECK(first.path() != second.path());
  const auto events = events_of(second.path());
  REQUIRE(events.size() == 2);
  CHECK(events[1].numbers.at(2) == 501);
  CHECK(Fields(events[1].text(7)).numbers.at(1) == 1);
}

TEST_CASE("JSON lines are appended, escaped, and cut back to a checkpoint's offset") {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "metrics.jsonl";
  const std::string first = "{\"step\": 1, \"loss\": 0.1, \"note\": \"a\\\"b\\n\"}\n";
  {
    JsonLines lines(path);
    lines.write({{"step", int64_t{1}}, {"loss", 0.1}, {"note", std::string("a\"b\n")}});
    CHECK(lines.offset() == static_cast<int64_t>(first.size()));
    lines.write({{"step", int64_t{2}}, {"loss", std::numeric_limits<double>::infinity()}});
    CHECK(read_file(path) == first + "{\"step\": 2, \"loss\": null}\n");
  }
  JsonLines again(path);
  again.truncate_to(static_cast<int64_t>(first.size()));
  again.write({{"step", int64_t{2}}});
  CHECK(read_file(path) == first + "{\"step\": 2}\n");
  again.truncate_to(1 << 20);  // shorter than the checkpoint remembers: kept
  CHECK(read_file(path) == first + "{\"step\": 2}\n");
}

}  // namespace lx
