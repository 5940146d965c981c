#include "data/corpus.h"

#include "base/error.h"
#include "base/hash.h"
#include "config/yaml.h"
#include "data/documents.h"

#include <algorithm>

namespace lx {
namespace {

std::string content_hash_of(const std::vector<TokenFile>& files) {
  std::string all;
  for (const TokenFile& file : files) all += file.header().content_hash + file.header().tokenizer_hash;
  return hash_hex(all);
}

config::Node state_of(const std::string& name, uint64_t bytes, int64_t modified) {
  return config::List{name, static_cast<int64_t>(bytes), modified};
}

}  // namespace

Corpus::Corpus(const fs::path& folder) : folder_(folder) {
  const fs::path path = folder / "corpus.json";
  record_ = config::read<CorpusRecord>(config::parse_json(read_file(path), path.string()));
  for (const Split side : kSplits) files_.emplace_back(folder / fmt::format("{}.tokens", split_name(side)));
  require(content_hash_of(files_) == record_.content_hash, "{} is damaged: its files do not belong together",
          shown(folder));
  const std::unique_ptr<Tokenizer> known = tokenizer();
  for (const TokenFile& file : files_) {
    require(file.header().tokenizer_hash == known->hash(), "{} was written with another tokenizer than {}",
            shown(folder), known->name());
  }
}

double Corpus::bytes_per_token(Split side) const {
  const TokenHeader& header = split(side).header();
  return header.tokens == 0 ? 1.0 : static_cast<double>(header.bytes) / static_cast<double>(header.tokens);
}

int64_t Corpus::documents_of_at_least(Split side, int64_t tokens) const {
  const TokenFile& file = split(side);
  int64_t count = 0;
  for (int64_t i = 0; i < file.documents(); ++i) count += file.tokens_of(i) >= tokens;
  return count;
}

int64_t Corpus::longest_document(Split side) const {
  const TokenFile& file = split(side);
  int64_t longest = 0;
  for (int64_t i = 0; i < file.documents(); ++i) longest = std::max(longest, file.tokens_of(i));
  return longest;
}

void Corpus::verify() const {
  for (const TokenFile& file : files_) file.verify();
}

fs::path corpus_folder(const CorpusConfig& config) {
  check(config);
  config::Node manifest = config::dump(config);
  for (const char* words : {"name", "summary", "licence"}) manifest.map().erase(words);
  config::List files;
  if (!config.path.empty()) {
    for (const OwnFile& file : own_files(config.path)) files.push_back(state_of(file.name, file.bytes, file.modified));
  }
  for (const PartConfig& part : config.parts) {
    for (const std::string& package : alternatives(part.package)) {
      std::error_code error;
      if (!package.ends_with(".deb") || !fs::is_regular_file(package, error)) continue;
      files.push_back(state_of(fs::absolute(package).string(), fs::file_size(package, error),
                               fs::last_write_time(package, error).time_since_epoch().count()));
    }
  }
  config::Map key;
  key["version"] = kPreparationVersion;
  key["manifest"] = std::move(manifest);
  key["files"] = std::move(files);
  return cache_folder() / "corpora" / (config.name + "-" + config::hash(config::Node(std::move(key))).substr(0, 16));
}

bool is_prepared(const CorpusConfig& config) { return fs::exists(corpus_folder(config) / "corpus.json"); }

Corpus open_corpus(const CorpusConfig& config) {
  const fs::path folder = corpus_folder(config);
  if (!fs::exists(folder / "corpus.json")) {
    const FileLock lock = wait_for_lock(folder.string() + ".lock", "the corpus " + config.name);
    if (!fs::exists(folder / "corpus.json")) prepare(config, folder);
  }
  try {
    return Corpus(folder);
  } catch (const Error& error) {
    fail("{} (prepare it again: lx data prepare {})", error.what(), config.name);
  }
}

}  // namespace lx
