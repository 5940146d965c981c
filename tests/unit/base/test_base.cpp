#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/registry.h"
#include "base/text.h"
#include "catch.h"

#include <cmath>
#include <fstream>
#include <set>
#include <unistd.h>

using namespace lx;

namespace {
fs::path scratch(const std::string& name) {
  const fs::path path = fs::temp_directory_path() / ("lx-test-base-" + std::to_string(::getpid())) / name;
  fs::create_directories(path.parent_path());
  return path;
}
}  // namespace

TEST_CASE("a near word is suggested, a far one is not") {
  const std::vector<std::string> known{"window", "interval"};
  CHECK(did_you_mean("widnow", known) == "; did you mean 'window'?");
  CHECK(did_you_mean("banana", known).empty());
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ab", "ba") == 1);
}

TEST_CASE("text is broken at blanks") {
  CHECK(wrapped("one two three", 2, 9) == "  one two\n  three");
  CHECK(wrapped("a  b", 0, 80) == "a  b");
  CHECK(wrapped("unbreakable", 1, 5) == " unbreakable");
  CHECK(wrapped("", 2, 9) == "  ");
  CHECK(wrapped("one " + firm("two three"), 0, 10) == "one\ntwo three");
}

TEST_CASE("UTF-8 is told from other bytes, and cut at whole characters") {
  for (const char* good : {"", "abc", "é€\U0001F600", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"}) CHECK(is_utf8(good));
  for (const char* bad : {"\xc3", "\xc3(", "\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xf8\x88\x80\x80\x80", "\xf0\x80\x80\x80", "\xff\xfe"})
    CHECK_FALSE(is_utf8(bad));
  CHECK(character_at("aé€", 0) == "a");
  CHECK(character_at("aé€", 1) == "é");
  CHECK(character_at("aé€", 3) == "€");
}

TEST_CASE("numbers read back and look like Python's") {
  CHECK(format_double(1) == "1.0");
  CHECK(format_double(0.1) == "0.1");
  CHECK(format_double(1e-5) == "1e-05");
  CHECK(format_double(-0.0) == "-0.0");
  CHECK(format_double(INFINITY) == "inf");
  CHECK(format_count(4790000) == "4.79M");
  CHECK(format_duration(125) == "2m05s");
  CHECK(format_bytes(1536) == "1.5 KiB");
}

TEST_CASE("a written file is complete or absent") {
  const fs::path path = scratch("file.txt");
  write_file(path, "one");
  CHECK(read_file(path) == "one");
  {
    PendingFile pending(path);
    std::ofstream(pending.part()) << "two";
  }
  CHECK(read_file(path) == "one");
  CHECK_FALSE(fs::exists(path.string() + ".part"));
  {
    PendingFile pending(path);
    std::ofstream(pending.part()) << "two";
    pending.commit();
  }
  CHECK(read_file(path) == "two");
  CHECK_THROWS_AS(read_file(scratch("nothing")), Error);
}

TEST_CASE("a pending folder replaces the old one whole") {
  const fs::path path = scratch("folder");
  for (const char* content : {"one", "two"}) {
    PendingFolder pending(path);
    write_file(pending.part() / "x", content);
    pending.commit();
    CHECK(read_file(path / "x") == content);
  }
  { PendingFolder dropped(path); }
  CHECK(read_file(path / "x") == "two");
}

TEST_CASE("a lock is held by one at a time") {
  const fs::path path = scratch("lock");
  {
    auto first = FileLock::try_lock(path);
    REQUIRE(first);
    CHECK_FALSE(FileLock::try_lock(path));
  }
  CHECK(FileLock::try_lock(path));
}

TEST_CASE("random streams are named, reproducible and independent of use") {
  Random a(7);
  a.bits();
  CHECK(a.fork("x").bits() == Random(7).fork("x").bits());
  CHECK(Random(7).fork("x").bits() != Random(7).fork("y").bits());
  CHECK(Random(7).fork(1).bits() != Random(7).fork(2).bits());
  CHECK(Random(7).bits() != Random(8).bits());
}

TEST_CASE("random numbers have the moments they should") {
  Random random(1);
  double sum = 0, squares = 0;
  std::set<uint64_t> seen;
  const int n = 100000;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
    seen.insert(random.below(7));
  }
  CHECK(std::abs(sum / n) < 0.02);
  CHECK(std::abs(squares / n - 1) < 0.02);
  CHECK(seen.size() == 7);
  CHECK(*seen.rbegin() == 6);
}

TEST_CASE("hashes depend on every byte") {
  CHECK(hash_hex("a") != hash_hex("b"));
  CHECK(hash_hex("ab") == Hasher().update("a").update("b").hex());
  CHECK(hash_hex("").size() == 32);
}

TEST_CASE("an unknown name lists the known ones") {
  struct Entry {
    std::string summary;
  };
  Registry<Entry> registry("fruit");
  registry.add("apple", {"red"});
  CHECK(registry.get("apple").summary == "red");
  CHECK_THROWS_WITH(registry.get("appel", "x.yaml:1:1: "),
                    "x.yaml:1:1: there is no fruit 'appel'; did you mean 'apple'? (known: apple)");
}
