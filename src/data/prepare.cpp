// Preparing a corpus: gather, clean, split, leave near duplicates out, write the token files.
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "config/fields.h"
#include "data/corpus.h"
#include "data/documents.h"
#include "data/duplicates.h"
#include "data/glob.h"
#include "data/progress.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>

namespace lx {
namespace {

struct Gathered {
  std::string name;
  Split split = Split::train;
  size_t offset = 0, bytes = 0;  // in the spool
  uint64_t rank = 0;             // order in which max_bytes keeps documents
};

Split side_of(const Document& document, const SplitConfig& split) {
  // A pattern in the manifest speaks louder than the hash.
  if (matches_any(split.test_documents, document.name)) return Split::test;
  if (matches_any(split.valid_documents, document.name)) return Split::valid;
  if (matches_any(split.train_documents, document.name)) return Split::train;
  return split_of(document.key, split.valid, split.test);
}

// Clean text of all documents, one after another in a file: a corpus may be larger than memory.
class Spool {
 public:
  explicit Spool(fs::path path) : path_(std::move(path)), out_(std::fopen(path_.c_str(), "wbe"), &std::fclose) {
    if (!out_) complain();
  }
  size_t append(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), out_.get()) != text.size()) complain();
    size_ += text.size();
    return size_ - text.size();
  }
  MappedFile close() {
    if (std::fflush(out_.get()) != 0) complain();
    out_.reset();
    return MappedFile(path_);
  }
  size_t size() const { return size_; }

 private:
  [[noreturn]] void complain() const {
    throw MachineError(fmt::format("cannot write {}: {}", path_.string(), std::strerror(errno)));
  }

  fs::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> out_;
  size_t size_ = 0;
};

// Keeps documents in the order of their rank until the limit is reached; returns how many were left out.
int64_t keep_within(int64_t max_bytes, const std::vector<Gathered>& documents, std::vector<bool>& kept) {
  if (max_bytes == 0) return 0;
  std::vector<size_t> order(documents.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return documents[a].rank < documents[b].rank; });
  int64_t bytes = 0, left_out = 0;
  for (const size_t i : order) {
    bytes += static_cast<int64_t>(documents[i].bytes);
    if (bytes <= max_bytes) continue;
    bytes -= static_cast<int64_t>(documents[i].bytes);
    kept[i] = false;
    ++left_out;
  }
  return left_out;
}

void require_documents(const CorpusConfig& config, Split side, int64_t documents, int64_t all) {
  const SplitConfig& split = config.split;
  const bool wanted = side == Split::train   ? true
                      : side == Split::valid ? split.valid > 0 || !split.valid_documents.empty()
                                             : split.test > 0 || !split.test_documents.empty();
  require(documents > 0 || !wanted,
          "the corpus '{}' has {} document{}, and none falls to the {} side: give more documents, say how to cut them "
          "(data.separator=..., or data.piece_bytes=65536 for one large file), or larger fractions (data.split.{}=0.3)",
          config.name, all, all == 1 ? "" : "s", split_name(side), side == Split::valid ? "valid" : "test");
}

}  // namespace

void prepare(const CorpusConfig& config, const fs::path& folder) {
  log::info("preparing the corpus {}", config.name);
  PendingFolder pending(folder);
  const fs::path scratch = pending.part() / "scratch";
  make_folders(scratch);
  Spool spool(scratch / "spool");
  std::vector<Gathered> documents;
  std::vector<std::vector<uint64_t>> samples;
  const Gathering gathering = gather_documents(config, cache_folder(), scratch, [&](Document&& document) {
    const uint64_t rank = hash64(document.name, 1);
    const Split split = side_of(document, config.split);
    const size_t offset = spool.append(document.text);
    if (config.split.near_duplicate) samples.push_back(sample_shingles(document.text));
    documents.push_back({std::move(document.name), split, offset, document.text.size(), rank});
  });
  const MappedFile map = spool.close();

  CorpusRecord record;
  record.version = kPreparationVersion;
  record.config = config;
  record.not_text = gathering.not_text;
  record.too_short = gathering.too_short;
  for (const Package& package : gathering.packages) record.packages.push_back({package.name, package.version});

  std::vector<bool> kept(documents.size(), true);
  record.over_limit = keep_within(config.max_bytes, documents, kept);
  if (config.split.near_duplicate) {
    std::vector<Split> splits;
    for (size_t i = 0; i < documents.size(); ++i) {
      splits.push_back(documents[i].split);
      if (!kept[i]) samples[i].clear();
    }
    for (const Leak& leak : find_leaks(samples, splits, *config.split.near_duplicate)) {
      kept[leak.document] = false;
      record.leaks.push_back(fmt::format("{} ({}) ~ {} ({})", documents[leak.document].name,
                                         split_name(splits[leak.document]), documents[leak.twin].name,
                                         split_name(splits[leak.twin])));
    }
  }

  const std::unique_ptr<Tokenizer> tokenizer = make_tokenizer(config.tokenizer);
  std::string hashes;
  Progress progress("writing tokens");
  size_t written = 0;
  for (const Split side : kSplits) {
    TokenFileWriter writer(pending.part() / fmt::format("{}.tokens", split_name(side)), *tokenizer);
    for (size_t i = 0; i < documents.size(); ++i) {
      const Gathered& document = documents[i];
      if (!kept[i] || document.split != side) continue;
      const char* text = reinterpret_cast<const char*>(map.bytes().data()) + document.offset;
      writer.add(document.name, {text, document.bytes});
      written += document.bytes;
      progress.show([&] { return format_bytes(written) + " of " + format_bytes(spool.size()); });
    }
    const TokenHeader header = writer.finish();
    require_documents(config, side, header.documents, static_cast<int64_t>(documents.size()));
    hashes += header.content_hash + header.tokenizer_hash;
  }
  record.content_hash = hash_hex(hashes);
  write_file(pending.part() / "corpus.json", config::to_json(config::dump(record), 2) + "\n");
  std::error_code error;
  fs::remove_all(scratch, error);
  require(!error, "cannot remove {}: {}", scratch.string(), error.message());
  pending.commit();
  const auto count = std::count(kept.begin(), kept.end(), true);
  log::info("prepared {}: {} documents, {} of text", config.name, count, format_bytes(written));
}

}  // namespace lx
