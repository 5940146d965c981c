// What a corpus is: the contents of configs/data/NAME.yaml. Packages or the user's own files, what a document is, how
// the documents are split. Everything here is checked when it is read, nothing is fetched.
#pragma once

#include "base/files.h"
#include "config/fields.h"

#include <optional>
#include <string>
#include <vector>

namespace lx {

/// How the bytes of a file become documents; see data/formats.h.
enum class FileFormat { text, gutenberg, man, rdata, sword };

/// Documents out of one package.
struct PartConfig {
  std::string name, package, archive, folder;
  std::vector<std::string> members, files, exclude;
  FileFormat format = FileFormat::text;

  static constexpr auto fields() {
    using config::field;
    return std::tuple{
        field("name", &PartConfig::name, "first part of the documents' names"),
        field("package", &PartConfig::package, "Debian packages, the first to be had is used: 'a | b'; or a .deb file"),
        field("archive", &PartConfig::archive, "a tar file inside the package to unpack (a pattern); empty: none"),
        field("members", &PartConfig::members, "patterns of what to take out of the archive; empty: all"),
        field("folder", &PartConfig::folder, "pattern of the folder below which documents are named"),
        field("files", &PartConfig::files, "patterns of files below the folder, e.g. '**/*.txt*'"),
        field("exclude", &PartConfig::exclude, "patterns of files to leave out"),
        field("format", &PartConfig::format, "what the files are (gzip and xz are unpacked by themselves)"),
    };
  }
};

struct SplitConfig {
  double valid = 0.05, test = 0.1;
  std::vector<std::string> train_documents, valid_documents, test_documents;
  std::string family;
  std::optional<double> near_duplicate = 0.3;

  static constexpr auto fields() {
    using config::field, config::fraction;
    return std::tuple{
        field("valid", &SplitConfig::valid, "share of documents for choosing a checkpoint", fraction()),
        field("test", &SplitConfig::test, "share of documents that are only ever evaluated on", fraction()),
        field("train_documents", &SplitConfig::train_documents,
              "name patterns of documents that are always trained on"),
        field("valid_documents", &SplitConfig::valid_documents, "name patterns of documents always in valid"),
        field("test_documents", &SplitConfig::test_documents, "name patterns of documents always in test"),
        field("family", &SplitConfig::family,
              "regular expression: documents whose names give the same match (or first group) stay on one side"),
        field("near_duplicate", &SplitConfig::near_duplicate,
              "a document that shares more than this part of the shorter one's text with a document of the test (or "
              "valid) side is left out of training; null: do not look",
              config::between(0, 1)),
    };
  }
};

/// The built-in corpus; see data/synthetic.h.
struct SyntheticConfig {
  int64_t bytes = 2'000'000, shortest = 2048, longest = 65536, seed = 1;

  static constexpr auto fields() {
    using config::at_least, config::field;
    return std::tuple{
        field("bytes", &SyntheticConfig::bytes, "size of the corpus", at_least(1)),
        field("shortest", &SyntheticConfig::shortest, "bytes of the shortest document", at_least(256)),
        field("longest", &SyntheticConfig::longest, "bytes of the longest document", at_least(256)),
        field("seed", &SyntheticConfig::seed, "another seed, another corpus"),
    };
  }
};

struct CorpusConfig {
  std::string name, summary, licence, path, separator, tokenizer = "bytes";
  std::vector<PartConfig> parts;
  std::optional<SyntheticConfig> synthetic;
  int64_t piece_bytes = 0, min_bytes = 1, max_bytes = 0;
  SplitConfig split;

  static constexpr auto fields() {
    using config::field, config::not_negative;
    return std::tuple{
        field("name", &CorpusConfig::name, "name of the corpus"),
        field("summary", &CorpusConfig::summary, "one line for lists"),
        field("licence", &CorpusConfig::licence, "who may do what with the text"),
        field("parts", &CorpusConfig::parts, "documents out of Debian packages"),
        field("path", &CorpusConfig::path, "your own text instead: a folder, a file or a pattern"),
        field("synthetic", &CorpusConfig::synthetic, "the built-in generated text instead"),
        field("separator", &CorpusConfig::separator, "text between documents of one file; empty: a file is a document"),
        field("piece_bytes", &CorpusConfig::piece_bytes, "cut documents longer than this into pieces; 0: never",
              not_negative()),
        field("min_bytes", &CorpusConfig::min_bytes, "leave out documents shorter than this", config::at_least(1)),
        field("max_bytes", &CorpusConfig::max_bytes,
              "keep no more than this, whole documents in an order fixed by their names; 0: all", not_negative()),
        field("tokenizer", &CorpusConfig::tokenizer, "how text becomes tokens: bytes"),
        field("split", &CorpusConfig::split, "which documents are for training, choosing and testing"),
    };
  }
};

/// Checks what field lists cannot: exactly one source of text, parts complete, patterns and fractions sensible. Throws
/// Error naming the corpus.
void check(const CorpusConfig& corpus);

/// configs/data/NAME.yaml of the project, read and checked. The path of the file is in every message.
CorpusConfig load_corpus(const std::string& name);
/// The corpora in configs/data, sorted by name.
std::vector<CorpusConfig> load_all_corpora();

/// "a | b" as {a, b}.
std::vector<std::string> alternatives(const std::string& package);

}  // namespace lx

template <>
struct lx::config::EnumNames<lx::FileFormat> {
  static constexpr std::array<std::pair<std::string_view, lx::FileFormat>, 5> names{
      {{"text", lx::FileFormat::text},
       {"gutenberg", lx::FileFormat::gutenberg},
       {"man", lx::FileFormat::man},
       {"rdata", lx::FileFormat::rdata},
       {"sword", lx::FileFormat::sword}}};
};
