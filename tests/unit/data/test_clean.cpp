// Laws of cleaning and of the formats.
#include "base/random.h"
#include "catch.h"
#include "data/clean.h"
#include "data/formats.h"
#include "data/inflate.h"
#include "scratch.h"

#include <zlib.h>

namespace lx {
namespace {

bool is_clean(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const auto c = static_cast<unsigned char>(text[0]);
    if (length == 0 || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

TEST_CASE("whatever goes in, clean text is valid UTF-8 without control characters") {
  Random random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    const uint64_t length = random.below(400);
    for (uint64_t i = 0; i < length; ++i) {
      // Mostly text, so that documents are kept, and some of everything else.
      bytes +=
          random.below(50) > 0 ? static_cast<char>('a' + random.below(26)) : static_cast<char>(1 + random.below(255));
    }
    const auto text = clean_text(bytes);
    if (text) {
      CHECK(is_clean(*text));
      CHECK(clean_text(*text) == *text);
    }
  }
}

TEST_CASE("line ends, page breaks, overstrikes, colours and byte order marks disappear") {
  CHECK(clean_text("a\r\nb\rc\n") == "a\nb\nc\n");
  CHECK(clean_text("\xEF\xBB\xBFone\ftwo") == "one\ntwo\n");
  CHECK(clean_text("N\bNA\bAM\bME\bE _\bf_\bo_\bo") == "NAME foo\n");
  CHECK(clean_text("\x1B[1mbold\x1B[0m text\x07") == "bold text\n");
  CHECK(clean_text("a\n\n\n\n\n\nb") == "a\n\n\nb\n");
  CHECK(clean_text("\n \n") == "");
  CHECK(clean_text("\xE9\x9D\x92\b\xE9\x9D\x92") == "\xE9\x9D\x92\n");  // a character, not a byte, is struck over
}

TEST_CASE("a few invalid bytes are replaced, and a file of them is not text") {
  const std::string long_text(1000, 'x');
  CHECK(clean_text(long_text + "\xFF") == long_text + "\xEF\xBF\xBD\n");
  CHECK(clean_text(long_text + "\xED\xA0\x80") == long_text + "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\n");  // a surrogate
  CHECK(clean_text("\xFF\xFE\xFD text") == std::nullopt);
  CHECK(clean_text(std::string_view("a\0b", 3)) == std::nullopt);
}

TEST_CASE("a Gutenberg book loses what was put around it") {
  const std::string book = "Licence\n*** START OF THIS PROJECT GUTENBERG EBOOK X ***\n" + std::string(500, 'b') +
                           "\nEnd of Project Gutenberg's X\n*** END OF THIS PROJECT GUTENBERG EBOOK X ***\nmore\n";
  CHECK(holds(strip_gutenberg(book), std::string(500, 'b')));
  CHECK(strip_gutenberg(book).find("Licence") == std::string::npos);
  CHECK(strip_gutenberg(book).find("Gutenberg") == std::string::npos);
  CHECK(strip_gutenberg("no marks at all") == "no marks at all");
}

TEST_CASE("a manual page keeps its words and loses its markup") {
  CHECK(strip_man(".TH X 1\n.de xx\nhidden\n..\n.SH NAME\nx \\- does\n.B things\nwell\n.\\\" secret\n") ==
        "\nNAME\nx - does things well\n");
  CHECK(strip_man("a\\fBb\\fR\\(em\\e\n") == "ab-\\\n");
}

TEST_CASE("gzip is unpacked by its first bytes, members and all, and damage is told") {
  const Scratch scratch;
  const fs::path path = scratch / "x.txt.gz";
  for (const char* mode : {"wb", "ab"}) {
    gzFile file = gzopen(path.c_str(), mode);
    gzputs(file, "hello ");
    gzclose(file);
  }
  CHECK(read_unpacked(path) == "hello hello ");
  CHECK(without_compression_suffix("x.txt.gz") == "x.txt");
  const std::string whole = read_file(path);
  put_file(path, whole.substr(0, whole.size() / 2 - 3));
  CHECK(holds(error_of([&] { read_unpacked(path); }), "cannot inflate"));
  put_file(path, "plain");
  CHECK(read_unpacked(path) == "plain");
}

}  // namespace lx
