// Laws of packages, without the network: a package built here, and packages that nobody has.
#include "catch.h"
#include "data/corpus.h"
#include "data/packages.h"
#include "data/process.h"
#include "scratch.h"

#include <algorithm>
#include <map>

namespace lx {
namespace {

// A .deb with the given text files; empty when this machine cannot build one.
fs::path build_package(const Scratch& scratch, const std::map<std::string, std::string>& files) {
  if (!program_exists("dpkg-deb")) return {};
  const fs::path tree = scratch / "tree", package = scratch / "example_1%3a2.0_all.deb";
  put_file(tree / "DEBIAN" / "control",
           "Package: example\nVersion: 1:2.0\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: x\n");
  for (const auto& [name, text] : files) put_file(tree / name, text);
  const ProgramResult built = run_program({"dpkg-deb", "--root-owner-group", "-b", tree.string(), package.string()});
  REQUIRE(built.ok());
  return package;
}

CorpusConfig corpus_of(const std::string& package) {
  CorpusConfig config;
  config.name = "packaged";
  config.parts.push_back({});
  PartConfig& part = config.parts.front();
  part.name = "docs";
  part.package = package;
  part.folder = "usr/share/doc/example*/text";
  part.files = {"**/*.txt"};
  config.split.test_documents = {"docs/a.txt"};
  config.split.valid = config.split.test = 0;
  return config;
}

}  // namespace

TEST_CASE("documents come out of a package by folder, patterns and exclusions, and nothing else is left behind") {
  const Scratch scratch;
  const fs::path package =
      build_package(scratch, {{"usr/share/doc/example-2/text/a.txt", "The first document.\n"},
                              {"usr/share/doc/example-2/text/deep/b.txt", "The second, longer one.\n"},
                              {"usr/share/doc/example-2/text/c.bin", "no\n"},
                              {"usr/share/doc/example-2/other/d.txt", "no\n"}});
  if (package.empty()) return;
  CorpusConfig config = corpus_of("nobody-has-this | " + package.string());
  const Corpus corpus = open_corpus(config);
  CHECK(corpus.split(Split::test).documents() == 1);
  CHECK(corpus.split(Split::test).name(0) == "docs/a.txt");
  CHECK(corpus.split(Split::train).documents() == 1);
  CHECK(corpus.split(Split::train).name(0) == "docs/deep/b.txt");
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(corpus.folder())) left.push_back(entry.path().filename().string());
  std::sort(left.begin(), left.end());
  CHECK(left == std::vector<std::string>{"corpus.json", "test.tokens", "train.tokens", "valid.tokens"});

  config.parts[0].folder = "usr/share/nowhere";
  CHECK(holds(error_of([&] { open_corpus(config); }), "has no usr/share/nowhere"));
  CHECK_FALSE(is_prepared(config));
}

TEST_CASE("an archive inside a package is unpacked by members") {
  const Scratch scratch;
  if (!program_exists("dpkg-deb")) return;
  put_file(scratch / "src-1/kernel/a.txt", "kernel\n");
  put_file(scratch / "src-1/tools/kernel/b.txt", "tools\n");
  fs::create_directories(scratch / "tree/usr/src");
  REQUIRE(run_program({"tar", "-czf", (scratch / "tree/usr/src/src-1.tar.gz").string(), "src-1"}, scratch / "").ok());
  CorpusConfig config = corpus_of(build_package(scratch, {}).string());
  PartConfig& part = config.parts.front();
  part.archive = "usr/src/src-*.tar.*";
  part.members = {"*/kernel"};
  part.folder = "";
  config.split.test_documents = {"none"};
  CHECK(holds(error_of([&] { open_corpus(config); }), "none falls to the test side"));
  config.split.test_documents = {};
  const Corpus corpus = open_corpus(config);
  CHECK(corpus.split(Split::train).documents() == 1);
  CHECK(corpus.split(Split::train).name(0) == "docs/kernel/a.txt");
}

TEST_CASE("a package that cannot be had is one sentence with the command that helps") {
  const Scratch scratch;
  const std::string error = error_of([] { open_corpus(corpus_of("lx-nobody-has-this | lx-nor-this")); });
  CHECK(holds(error, "lx-nobody-has-this"));
  CHECK((holds(error, "sudo apt-get update") || holds(error, "no apt-get")));
  CHECK_FALSE(holds(error, "\n"));
  CHECK(holds(error_of([] { open_corpus(corpus_of("/nowhere/x.deb")); }), "there is no file /nowhere/x.deb"));
  const fs::path broken = scratch / "broken.deb";
  put_file(broken, "not a package");
  CHECK(holds(error_of([&] { open_corpus(corpus_of(broken.string())); }), "cannot unpack"));
}

TEST_CASE("a program's failure keeps its words, and a missing program is named") {
  CHECK(holds(error_of([] { run_program({"lx-no-such-program"}); }), "cannot start lx-no-such-program"));
  const ProgramResult result = run_program({"sh", "-c", "echo out; echo first >&2; echo last >&2; exit 3"});
  CHECK(result.status == 3);
  CHECK(result.output == "out\n");
  CHECK(result.last_error() == "last");
}

TEST_CASE("a cache that cannot be written is one sentence") {
  const Scratch scratch;
  put_file(scratch / "cache", "a file where the folder should be");
  const std::string error = error_of([] { open_corpus(load_corpus("synthetic")); });
  CHECK(holds(error, "cannot make the folder"));
}

}  // namespace lx
