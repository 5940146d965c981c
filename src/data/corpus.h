// A prepared corpus: three token files and what is known about them. Prepared once into the cache, then memory-mapped.
#pragma once

#include "data/manifest.h"
#include "data/split.h"
#include "data/token_file.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lx {

/// Raised whenever the same manifest would give other tokens: prepared corpora of older versions are then left alone.
constexpr int64_t kPreparationVersion = 1;

/// Lengths for which statistics count the documents that are longer.
constexpr std::array<int64_t, 5> kMilestones{1024, 4096, 16384, 65536, 262144};

/// What preparing a corpus found, as corpus.json keeps it beside the token files.
struct CorpusRecord {
  struct PackageUsed {
    std::string name, version;
    static constexpr auto fields() {
      return std::tuple{config::field("name", &PackageUsed::name, ""),
                        config::field("version", &PackageUsed::version, "")};
    }
  };

  int64_t version = 0;
  std::string content_hash;
  std::vector<PackageUsed> packages;
  int64_t not_text = 0, too_short = 0, over_limit = 0;  // documents left out
  std::vector<std::string> leaks;                       // "document ~ its near duplicate", left out
  CorpusConfig config;

  static constexpr auto fields() {
    using config::field;
    return std::tuple{
        field("version", &CorpusRecord::version, ""),     field("content_hash", &CorpusRecord::content_hash, ""),
        field("packages", &CorpusRecord::packages, ""),   field("not_text", &CorpusRecord::not_text, ""),
        field("too_short", &CorpusRecord::too_short, ""), field("over_limit", &CorpusRecord::over_limit, ""),
        field("leaks", &CorpusRecord::leaks, ""),         field("config", &CorpusRecord::config, "")};
  }
};

class Corpus {
 public:
  /// Opens a prepared folder. Throws Error in one sentence when something is missing or damaged.
  explicit Corpus(const fs::path& folder);

  const std::string& name() const { return record_.config.name; }
  const CorpusRecord& record() const { return record_; }
  const fs::path& folder() const { return folder_; }
  const TokenFile& split(Split side) const { return files_[static_cast<size_t>(side)]; }
  /// Changes whenever any token or document bound of any side does.
  const std::string& content_hash() const { return record_.content_hash; }
  std::unique_ptr<Tokenizer> tokenizer() const { return make_tokenizer(record_.config.tokenizer); }
  /// Bytes of clean text per token on one side; 1 when it is empty.
  double bytes_per_token(Split side) const;
  /// How many documents of a side have at least `tokens` tokens, and the tokens of its longest one.
  int64_t documents_of_at_least(Split side, int64_t tokens) const;
  int64_t longest_document(Split side) const;
  /// Reads every byte; throws Error when one differs from what was written.
  void verify() const;

 private:
  fs::path folder_;
  CorpusRecord record_;
  std::vector<TokenFile> files_;
};

/// Where the prepared corpus lies or would lie: NAME-HASH in the cache. The hash covers all that can change a token:
/// the manifest, the names, sizes and times of the user's own files, the version of the preparation.
fs::path corpus_folder(const CorpusConfig& config);
bool is_prepared(const CorpusConfig& config);

/// Opens the corpus; prepares it first when the cache lacks it. Two processes may ask at once.
Corpus open_corpus(const CorpusConfig& config);

/// Prepares the corpus at `folder` anew, whatever lies there. Interrupted, it leaves nothing that could be mistaken for
/// a corpus.
void prepare(const CorpusConfig& config, const fs::path& folder);

}  // namespace lx
