// Laws of corpora: what is prepared, from what, and what a changed or damaged one does.
#include "base/random.h"
#include "catch.h"
#include "data/commands.h"
#include "data/corpus.h"
#include "scratch.h"

#include <fmt/format.h>

#include <map>

namespace lx {
namespace {

std::string invented_text(uint64_t seed, size_t bytes) {
  Random random(seed);
  std::string text;
  while (text.size() < bytes) text += fmt::format("{:x} ", random.bits());
  return text + "\n";
}

CorpusConfig own_corpus(const fs::path& path) {
  CorpusConfig config;
  config.name = "own";
  config.path = path.string();
  config.split.valid = 0.2;
  config.split.test = 0.2;
  return config;
}

void write_documents(const fs::path& folder, int begin, int end) {
  for (int i = begin; i < end; ++i) put_file(folder / fmt::format("{:03}.txt", i), invented_text(i, 1500));
}

std::map<std::string, Split> sides_of(const Corpus& corpus) {
  std::map<std::string, Split> sides;
  for (const Split side : kSplits) {
    for (int64_t i = 0; i < corpus.split(side).documents(); ++i) sides[std::string(corpus.split(side).name(i))] = side;
  }
  return sides;
}

CorpusConfig small_synthetic() {
  CorpusConfig config = load_corpus("synthetic");
  config.synthetic->bytes = 100'000;
  config.synthetic->longest = 8192;
  return config;
}

}  // namespace

TEST_CASE("adding documents never moves another") {
  const Scratch scratch;
  write_documents(scratch / "texts", 0, 40);
  const auto before = sides_of(open_corpus(own_corpus(scratch / "texts")));
  write_documents(scratch / "texts", 40, 80);
  const auto after = sides_of(open_corpus(own_corpus(scratch / "texts")));
  CHECK(before.size() == 40);
  CHECK(after.size() == 80);
  for (const auto& [name, side] : before) CHECK(after.at(name) == side);
}

TEST_CASE("documents between separators keep their side when others come before them") {
  const Scratch scratch;
  CorpusConfig config = own_corpus(scratch / "all.txt");
  config.separator = "<|end|>";
  std::string all;
  for (uint64_t i = 0; i < 40; ++i) all += invented_text(i, 300) + "<|end|>";
  const auto texts = [&](const std::string& content) {
    put_file(scratch / "all.txt", content);
    const Corpus corpus = open_corpus(config);
    std::map<std::string, Split> sides;
    for (const Split side : kSplits) {
      for (int64_t i = 0; i < corpus.split(side).documents(); ++i) {
        sides[corpus.tokenizer()->decode(corpus.split(side).document(i))] = side;
      }
    }
    return sides;
  };
  const auto before = texts(all), after = texts(invented_text(99, 300) + "<|end|>" + all);
  CHECK(before.size() == 40);
  CHECK(after.size() == 41);
  for (const auto& [text, side] : before) CHECK(after.at(text) == side);
}

TEST_CASE("a family stays on one side, by name or by near equal text") {
  const Scratch scratch;
  for (int i = 0; i < 30; ++i) {
    for (const char* version : {"a", "b", "c"}) {
      put_file(scratch / "texts" / fmt::format("book{:02}-{}.txt", i, version),
               invented_text(i, 3000) + invented_text(1000 + i * 3 + version[0], 100));
    }
  }
  CorpusConfig config = own_corpus(scratch / "texts");
  config.split.family = "^(book[0-9]+)-";
  const Corpus named = open_corpus(config);
  CHECK(named.record().leaks.empty());
  std::map<std::string, Split> families;
  for (const auto& [name, side] : sides_of(named))
    CHECK(families.try_emplace(name.substr(0, 6), side).first->second == side);

  config.split.family = "";
  const Corpus compared = open_corpus(config);
  CHECK_FALSE(compared.record().leaks.empty());
  families.clear();
  for (const auto& [name, side] : sides_of(compared)) {
    CHECK(families.try_emplace(name.substr(0, 6), side).first->second == side);
  }
}

TEST_CASE("a file changed after preparation is noticed, and the same files give the same content") {
  const Scratch scratch;
  write_documents(scratch / "texts", 0, 30);
  const CorpusConfig config = own_corpus(scratch / "texts");
  const std::string first = open_corpus(config).content_hash();
  CHECK(is_prepared(config));
  CHECK(open_corpus(config).content_hash() == first);
  put_file(scratch / "texts" / "000.txt", invented_text(77, 1600));
  CHECK_FALSE(is_prepared(config));
  CHECK(open_corpus(config).content_hash() != first);
}

TEST_CASE("limits keep whole documents and one large file can be cut") {
  const Scratch scratch;
  write_documents(scratch / "texts", 0, 60);
  put_file(scratch / "texts" / "binary.bin", std::string("a\0b", 3));
  CorpusConfig config = own_corpus(scratch / "texts");
  config.max_bytes = 40'000;
  const Corpus limited = open_corpus(config);
  CHECK(limited.record().not_text == 1);
  CHECK(limited.record().over_limit > 0);
  int64_t bytes = 0;
  for (const Split side : kSplits) bytes += limited.split(side).header().bytes;
  CHECK(bytes <= 40'000);
  CHECK(bytes > 36'000);

  put_file(scratch / "one.txt", invented_text(1, 100'000));
  config = own_corpus(scratch / "one.txt");
  CHECK(holds(error_of([&] { open_corpus(config); }), "has 1 document, and none falls to the"));
  CHECK_FALSE(is_prepared(config));
  config.piece_bytes = 2000;
  CHECK(sides_of(open_corpus(config)).size() >= 50);
}

TEST_CASE("the synthetic corpus is the same every time and small settings still give all three sides") {
  std::string first;
  for (int round = 0; round < 2; ++round) {
    const Scratch scratch;
    const Corpus corpus = open_corpus(small_synthetic());
    for (const Split side : kSplits) CHECK(corpus.split(side).documents() > 0);
    CHECK(corpus.longest_document(Split::test) > 4096);
    CHECK_NOTHROW(corpus.verify());
    if (round == 0) first = corpus.content_hash();
    CHECK(corpus.content_hash() == first);
  }
  CHECK(first == "553172e095a72bc48f25022d8a436ebe");  // tests elsewhere and published smoke numbers rest on this text
}

TEST_CASE("a damaged corpus is refused in one sentence and preparing mends it") {
  const Scratch scratch;
  const CorpusConfig config = small_synthetic();
  const fs::path file = open_corpus(config).folder() / "train.tokens";
  const std::string whole = read_file(file);
  put_file(file, whole.substr(0, whole.size() - 10));
  const std::string error = error_of([&] { open_corpus(config); });
  CHECK(holds(error, "train.tokens is truncated"));
  CHECK(holds(error, "lx data prepare synthetic"));
  prepare_corpus(config);
  CHECK(read_file(file) == whole);
  std::string flipped = whole;
  flipped[5000] ^= 1;
  put_file(file, flipped);
  prepare_corpus(config);
  CHECK(read_file(file) == whole);
}

TEST_CASE("mistakes in a manifest are named") {
  CorpusConfig config;
  CHECK(holds(error_of([&] { check(config); }), "name is empty"));
  config.name = "mine";
  CHECK(holds(error_of([&] { check(config); }), "has no text: give data.path"));
  config.path = "/nowhere/at/all";
  CHECK(holds(error_of([&] { open_corpus(config); }), "there is no file or folder /nowhere/at/all"));
  config.synthetic.emplace();
  CHECK(holds(error_of([&] { check(config); }), "one source of text"));
  config.path = "";
  config.split.test = 0.97;
  CHECK(holds(error_of([&] { check(config); }), "leave nothing to train on"));
  config.split.test = 0.1;
  config.split.family = "(";
  CHECK(holds(error_of([&] { check(config); }), "not a regular expression"));
  config.split.family = "";
  config.tokenizer = "bpe";
  CHECK(holds(error_of([&] { check(config); }), "no tokenizer 'bpe'"));
  CHECK(holds(error_of([] { load_corpus("novel"); }), "did you mean 'novels'"));
}

TEST_CASE("every corpus of the project reads, and all but the user's own are complete") {
  for (const CorpusConfig& config : load_all_corpora()) {
    INFO(config.name);
    CHECK_FALSE(config.summary.empty());
    CHECK_FALSE(config.licence.empty());
    if (config.name != "path") CHECK_NOTHROW(check(config));
  }
}

}  // namespace lx
