#include "data/commands.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "data/corpus.h"
#include "data/packages.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace lx {
namespace {

std::string source_of(const CorpusConfig& config) {
  if (config.synthetic) return "generated, needs nothing";
  if (config.parts.empty()) return "your own text: data.path=FOLDER (or a file or a pattern)";
  std::vector<std::string> packages;
  for (const PartConfig& part : config.parts) {
    if (std::find(packages.begin(), packages.end(), part.package) == packages.end()) packages.push_back(part.package);
  }
  return join(packages, ", ");
}

void show_sides(const Corpus& corpus) {
  std::string head = fmt::format("{:<7}{:>10}{:>12}", "side", "documents", "text");
  for (const int64_t length : kMilestones) head += fmt::format("{:>9}", fmt::format(">={}k", length / 1024));
  log::info("{}{:>12}", head, "longest");
  for (const Split side : kSplits) {
    const TokenHeader& header = corpus.split(side).header();
    std::string row = fmt::format("{:<7}{:>10}{:>12}", split_name(side), header.documents,
                                  format_bytes(static_cast<uint64_t>(header.bytes)));
    for (const int64_t length : kMilestones) row += fmt::format("{:>9}", corpus.documents_of_at_least(side, length));
    log::info("{}{:>12}", row, corpus.longest_document(side));
  }
  log::info("(>=1k: documents of at least 1024 tokens; longest in tokens)");
}

void show_left_out(const CorpusRecord& record) {
  const std::vector<std::pair<int64_t, const char*>> reasons{
      {record.not_text, "not UTF-8 text"},
      {record.too_short, "shorter than min_bytes"},
      {record.over_limit, "over max_bytes"},
      {static_cast<int64_t>(record.leaks.size()), "near duplicates of a document of valid or test"}};
  std::vector<std::string> parts;
  for (const auto& [count, reason] : reasons) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, reason));
  }
  if (!parts.empty()) log::info("left out: {}", join(parts, ", "));
}

void show_document(const Corpus& corpus, const std::string& wanted, int64_t peek_bytes) {
  const auto peek = [&](Split side, int64_t index) {
    const TokenFile& file = corpus.split(side);
    std::string text = corpus.tokenizer()->decode(file.document(index));
    size_t end = std::min(text.size(), static_cast<size_t>(peek_bytes));
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    log::info("");
    log::info("--- {} ({}, {} tokens)", file.name(index), split_name(side), file.tokens_of(index));
    log::info("{}{}", text.substr(0, end), end < text.size() ? " ..." : "");
  };
  for (const bool exact : {true, false}) {
    for (const Split side : {Split::test, Split::valid, Split::train}) {
      const TokenFile& file = corpus.split(side);
      for (int64_t i = 0; i < file.documents(); ++i) {
        const std::string_view name = file.name(i);
        if (exact ? name == wanted : name.find(wanted) != std::string_view::npos) return peek(side, i);
      }
    }
  }
  fail("the corpus {} has no document whose name holds '{}'", corpus.name(), wanted);
}

}  // namespace

void list_corpora() {
  log::info("{:<20}{:>12}{:>11}  {}", "corpus", "text", "documents", "what");
  for (const CorpusConfig& config : load_all_corpora()) {
    std::string size = config.path.empty() && !config.synthetic && config.parts.empty() ? "yours" : "-",
                documents = "-";
    if (size == "-" && is_prepared(config)) {
      const Corpus corpus(corpus_folder(config));
      int64_t bytes = 0, count = 0;
      for (const Split side : kSplits) {
        bytes += corpus.split(side).header().bytes;
        count += corpus.split(side).documents();
      }
      size = format_bytes(static_cast<uint64_t>(bytes));
      documents = std::to_string(count);
    }
    log::info("{:<20}{:>12}{:>11}  {}", config.name, size, documents, config.summary);
  }
  log::info("(-: not prepared yet; prepared corpora and packages lie in {})", shown(cache_folder()));
}

void prepare_corpus(const CorpusConfig& config) {
  const auto begun = std::chrono::steady_clock::now();
  const fs::path folder = corpus_folder(config);
  bool was_prepared = is_prepared(config);
  if (was_prepared) {
    try {
      Corpus(folder).verify();
    } catch (const Error& error) {
      log::warning("{}", error.what());
      const FileLock lock = wait_for_lock(folder.string() + ".lock", "the corpus " + config.name);
      prepare(config, folder);
      was_prepared = false;
    }
  }
  const Corpus corpus = open_corpus(config);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  if (was_prepared) log::info("{} was prepared before and is intact", config.name);
  show_sides(corpus);
  show_left_out(corpus.record());
  log::info("{} ({})", shown(folder), format_duration(seconds.count()));
}

void show_corpus(const CorpusConfig& config, const std::string& document, int64_t peek_bytes) {
  log::info("{}: {}", config.name, config.summary);
  log::info("source: {}", source_of(config));
  if (!config.licence.empty()) log::info("licence: {}", config.licence);
  // A corpus without a source of text yet is only described.
  if (config.parts.empty() && !config.synthetic && config.path.empty()) return;
  if (!is_prepared(config)) {
    log::info("not prepared yet: lx data prepare {}", config.name);
    return;
  }
  const Corpus corpus(corpus_folder(config));
  for (const CorpusRecord::PackageUsed& package : corpus.record().packages) {
    log::info("package: {} {}", package.name, package.version);
  }
  log::info("content: {}", corpus.content_hash());
  log::info("folder: {}", shown(corpus.folder()));
  show_sides(corpus);
  show_left_out(corpus.record());
  show_document(corpus, document, peek_bytes);
}

}  // namespace lx
