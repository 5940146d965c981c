// Laws of token files: what is written is read, and nothing damaged is taken for tokens.
#include "base/error.h"
#include "catch.h"
#include "data/token_file.h"
#include "scratch.h"

namespace lx {
namespace {

TokenHeader write_example(const fs::path& path) {
  const auto tokenizer = make_tokenizer("bytes");
  TokenFileWriter writer(path, *tokenizer);
  writer.add("first", "The first document.\n");
  writer.add("empty", "");
  writer.add("\xE9\x9D\x92", "\xE9\x9D\x92\n");
  return writer.finish();
}

}  // namespace

TEST_CASE("a token file gives back the documents, their names and counts") {
  const Scratch scratch;
  const TokenHeader header = write_example(scratch / "x.tokens");
  const TokenFile file(scratch / "x.tokens");
  const auto tokenizer = make_tokenizer("bytes");
  CHECK(file.documents() == 3);
  CHECK(file.header().tokens == 24);
  CHECK(file.header().content_hash == header.content_hash);
  CHECK(tokenizer->decode(file.document(0)) == "The first document.\n");
  CHECK(file.tokens_of(1) == 0);
  CHECK(tokenizer->decode(file.document(2)) == "\xE9\x9D\x92\n");
  CHECK(file.name(2) == "\xE9\x9D\x92");
  CHECK_NOTHROW(file.verify());
  CHECK_THROWS_AS(file.document(3), Error);
}

TEST_CASE("every truncation of a token file is refused in one sentence") {
  const Scratch scratch;
  const fs::path path = scratch / "x.tokens";
  write_example(path);
  const std::string whole = read_file(path);
  for (size_t length = 0; length < whole.size(); length += length < 64 || length >= 4080 ? 1 : 61) {
    put_file(path, std::string_view(whole).substr(0, length));
    const std::string error = error_of([&] { TokenFile{path}; });
    CHECK((holds(error, "is truncated") || holds(error, "is not a token file")));
  }
  put_file(path, whole + "x");
  CHECK(holds(error_of([&] { TokenFile{path}; }), "is damaged"));
}

TEST_CASE("a flipped bit is found: on opening in the header, by verify anywhere else") {
  const Scratch scratch;
  const fs::path path = scratch / "x.tokens";
  write_example(path);
  const std::string whole = read_file(path);
  const size_t json_end = whole.find('}') + 1;
  for (size_t at = 0; at < whole.size(); ++at) {
    if (at == json_end) at = 4096;  // zeros between the header and the tokens carry nothing
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    put_file(path, damaged);
    if (at < json_end)
      CHECK_THROWS_AS(TokenFile(path), Error);
    else
      CHECK_THROWS_AS(TokenFile(path).verify(), Error);
  }
}

TEST_CASE("a writer that does not finish leaves nothing") {
  const Scratch scratch;
  const auto tokenizer = make_tokenizer("bytes");
  { TokenFileWriter(scratch / "x.tokens", *tokenizer).add("a", "text"); }
  CHECK_FALSE(fs::exists(scratch / "x.tokens"));
  CHECK_FALSE(fs::exists(scratch / "x.tokens.part"));
}

}  // namespace lx
