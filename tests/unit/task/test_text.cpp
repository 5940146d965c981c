// Laws of the text task: windows, what they may cross, and that they are the same every time.
#include "base/error.h"
#include "catch.h"
#include "config/yaml.h"
#include "task/registry.h"
#include "task/text.h"
#include "unit/data/scratch.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <map>
#include <set>

namespace lx {
namespace {

// Document d is the letter 'a' + d over and over, d + 1 hundred times, in a test side of 10 documents and as many in
// training: a window that holds two letters has crossed a document.
std::unique_ptr<TextTask> letters(const Scratch& scratch, bool cross_documents) {
  for (int d = 0; d < 10; ++d) {
    for (const char* side : {"train", "test", "valid"}) {
      put_file(
          scratch / "texts" / side / fmt::format("{}.txt", d),
          std::string(static_cast<size_t>(100 * (d + 1) - 1), static_cast<char>('a' + d + (*side == 't' ? 0 : 10))));
    }
  }
  CorpusConfig config;
  config.name = "letters";
  config.path = (scratch / "texts").string();
  config.split.valid = config.split.test = 0;
  config.split.test_documents = {"test/*"};
  config.split.valid_documents = {"valid/*"};
  config.split.near_duplicate.reset();
  return std::make_unique<TextTask>(open_corpus(config), cross_documents);
}

config::Node synthetic_section() {
  return config::parse_yaml(
      "{name: synthetic, task: text, synthetic: {bytes: 200000, longest: 16384}, split: {valid: 0, test: 0,"
      " valid_documents: ['chronicle/*3'], test_documents: ['chronicle/*[05]'], near_duplicate: null}}",
      "test");
}

bool one_letter(const Tensor& row) {
  const Tensor letters_only = row.masked_select(row.ne('\n'));
  return letters_only.numel() == 0 || letters_only.eq(letters_only[0]).all().item<bool>();
}

}  // namespace

TEST_CASE("targets are the tokens that follow, and the same stream gives the same batch") {
  const Scratch scratch;
  const auto task = make_task(synthetic_section());
  const Batch batch = task->sample(Split::train, 64, 5, Random(1).fork("a"));
  CHECK(batch.tokens.sizes() == at::IntArrayRef{5, 64});
  CHECK(batch.tokens.slice(1, 1).equal(batch.targets.slice(1, 0, -1)));
  CHECK(batch.tokens.lt(task->vocabulary()).all().item<bool>());
  CHECK(task->sample(Split::train, 64, 5, Random(1).fork("a")).tokens.equal(batch.tokens));
  CHECK_FALSE(task->sample(Split::train, 64, 5, Random(1).fork("b")).tokens.equal(batch.tokens));
  CHECK(task->bytes_per_token() == 1.0);
  CHECK(task->content_hash().size() == 32);
}

TEST_CASE("training windows never cross documents unless told to") {
  const Scratch scratch;
  const Batch within = letters(scratch, false)->sample(Split::train, 90, 400, Random(2));
  for (int64_t row = 0; row < 400; ++row) CHECK(one_letter(at::cat({within.tokens[row], within.targets[row]})));
  const Batch across = letters(scratch, true)->sample(Split::train, 90, 400, Random(2));
  int64_t crossed = 0;
  for (int64_t row = 0; row < 400; ++row) crossed += !one_letter(across.tokens[row]);
  CHECK(crossed > 20);
}

TEST_CASE("documents are drawn in proportion to the windows they offer") {
  const Scratch scratch;
  const auto task = letters(scratch, false);
  const Batch batch = task->sample(Split::train, 499, 6000, Random(3));
  std::map<int64_t, int> counts;
  for (int64_t row = 0; row < 6000; ++row) ++counts[batch.tokens[row][0].item<int64_t>() - 'a'];
  CHECK(counts[3] == 0);                                 // 400 tokens: too short
  CHECK(counts[4] < 30);                                 // 500 tokens: one window
  CHECK(std::abs(counts[9] - 6000 * 501 / 1506) < 200);  // 1000 tokens: 501 of 1 + 101 + ... + 501
}

TEST_CASE("natural windows come from long enough documents of the one side, one a document before a second") {
  const Scratch scratch;
  const auto task = letters(scratch, false);
  const Text text = task->text({"natural", Split::valid, 299, 8, 0});
  CHECK(text.documents_long_enough == 8);
  CHECK(text.tokens.sizes() == at::IntArrayRef{8, 300});
  CHECK(std::set<int64_t>(text.document.begin(), text.document.end()).size() == 8);
  for (int64_t row = 0; row < 8; ++row) {
    CHECK(one_letter(text.tokens[row]));
    CHECK(text.tokens[row][0].item<int64_t>() >= 'a' + 12);  // valid holds k to t, and k and l are too short
    CHECK(text.document_names.at(static_cast<size_t>(text.document[static_cast<size_t>(row)])).starts_with("valid/"));
  }
}

TEST_CASE("asking for more windows keeps the first ones, and windows of one document do not overlap") {
  const Scratch scratch;
  const auto task = make_task(synthetic_section());
  const Text few = task->text({"natural", Split::test, 512, 3, 0});
  const Text many = task->text({"natural", Split::test, 512, 1000, 0});
  CHECK(few.tokens.size(0) == 3);
  CHECK(many.tokens.size(0) > many.documents_long_enough);
  CHECK(many.tokens.size(0) < 1000);
  CHECK(many.tokens.slice(0, 0, 3).equal(few.tokens));
  // Chronicles hold pass words: two overlapping windows would share long stretches.
  std::set<std::string> seen;
  for (int64_t row = 0; row < many.tokens.size(0); ++row) {
    std::string bytes;
    for (int64_t i = 0; i < 513; ++i) bytes += static_cast<char>(many.tokens[row][i].item<int64_t>());
    CHECK(seen.insert(bytes).second);
  }
}

TEST_CASE("repeated text is the beginning of the natural windows, tiled") {
  const Scratch scratch;
  const auto task = make_task(synthetic_section());
  const Text natural = task->text({"natural", Split::test, 300, 4, 0});
  const Text repeated = task->text({"repeated", Split::test, 300, 4, 64});
  CHECK(repeated.period == 64);
  CHECK(repeated.tokens.slice(1, 0, 64).equal(natural.tokens.slice(1, 0, 64)));
  CHECK(repeated.tokens.slice(1, 64).equal(repeated.tokens.slice(1, 0, 301 - 64)));
  CHECK(repeated.document == natural.document);
}

TEST_CASE("openings are the beginnings of documents, one a document") {
  const Scratch scratch;
  const auto task = letters(scratch, false);
  const Text text = task->text({.split = Split::valid, .length = 250, .windows = 100, .openings = true});
  CHECK(text.tokens.size(0) == 8);  // of 10 documents, those of more than 250 tokens
  const TokenFile& file = task->corpus().split(Split::valid);
  for (int64_t row = 0; row < 8; ++row) {
    const std::string& name = text.document_names.at(static_cast<size_t>(text.document[static_cast<size_t>(row)]));
    for (int64_t i = 0; i < file.documents(); ++i) {
      if (file.name(i) != name) continue;
      for (int64_t t = 0; t < 251; ++t)
        CHECK(text.tokens[row][t].item<int64_t>() == file.document(i)[static_cast<size_t>(t)]);
    }
  }
}

TEST_CASE("text becomes tokens and back, and a task without text says so") {
  const Scratch scratch;
  const auto task = letters(scratch, false);
  const std::string every_byte = "Ulm \xC3\xBC\n\xFF" + std::string(1, '\0');
  CHECK(task->decode(task->encode(every_byte)) == every_byte);
  CHECK(task->encode("ab") == std::vector<int64_t>{'a', 'b'});
  CHECK(task->encode("").empty());
  for (const int64_t foreign : {-1, 256, 65536 + 65}) {
    CHECK(holds(error_of([&] { task->decode(std::vector<int64_t>{foreign}); }), "no token of this corpus"));
  }
  struct Wordless final : Task {
    int64_t vocabulary() const override { return 2; }
    double bytes_per_token() const override { return 1; }
    Batch sample(Split, int64_t, int64_t, Random) const override { return {}; }
    Text text(const TextRequest&) const override { return {}; }
    std::string content_hash() const override { return "none"; }
  } wordless;
  CHECK(holds(error_of([&] { wordless.encode("a"); }), "not text"));
  CHECK(holds(error_of([&] { wordless.decode(std::vector<int64_t>{1}); }), "not text"));
}

TEST_CASE("no document long enough is an error that says how long the longest is") {
  const Scratch scratch;
  const auto task = letters(scratch, false);
  const std::string error = error_of([&] { task->text({"natural", Split::test, 1000, 4, 0}); });
  CHECK(holds(error, "the 1001 tokens that length 1000 needs"));
  CHECK(holds(error, "the longest of its 10 documents has 1000"));
  CHECK(holds(error_of([&] { task->sample(Split::train, 1000, 1, Random(1)); }), "use a shorter length"));
  CHECK(holds(error_of([&] { task->text({"strange", Split::test, 10, 4, 0}); }), "known: natural, repeated"));
}

TEST_CASE("a data section is read strictly") {
  const Scratch scratch;
  config::Node data = synthetic_section();
  data.set("cross_document", true);
  CHECK(holds(error_of([&] { make_task(data); }), "cross_documents"));
  config::Node other = synthetic_section();
  other.set("task", "txt");
  CHECK(holds(error_of([&] { make_task(other); }), "there is no task 'txt'; did you mean 'text'"));
}

}  // namespace lx
