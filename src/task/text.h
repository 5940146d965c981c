// The task of predicting the next token of a corpus.
#pragma once

#include "data/corpus.h"
#include "task/task.h"

#include <memory>
#include <string>

namespace lx {

/// The data section of a run: the corpus and how windows are cut from it.
struct TextConfig : CorpusConfig {
  std::string task = "text";
  bool cross_documents = false;

  static constexpr auto fields() {
    using config::field;
    return std::tuple_cat(
        CorpusConfig::fields(),
        std::tuple{field("task", &TextConfig::task, "what is asked of the model: text"),
                   field("cross_documents", &TextConfig::cross_documents,
                         "let training windows run on into the next document (evaluation never does)")});
  }
};

class TextTask : public Task {
 public:
  TextTask(Corpus corpus, bool cross_documents);

  const Corpus& corpus() const { return corpus_; }
  int64_t vocabulary() const override;
  double bytes_per_token() const override;
  /// Every window of `length` tokens and the token after it is equally likely: a document is chosen in proportion to
  /// the number of windows that it offers, the place in it uniformly.
  Batch sample(Split split, int64_t length, int64_t count, Random random) const override;
  /// Windows from documents of at least length + 1 tokens, documents in the order of a hash of their names. One window
  /// a document first, at a place fixed by that hash; only when there are fewer documents than windows, further ones
  /// that do not overlap it. Asking for more windows keeps the first ones. Fewer than `windows` come back when there
  /// are no more. With `openings` each document gives its beginning only. `repeated` tiles the first `period` tokens of
  /// the same windows.
  Text text(const TextRequest& request) const override;
  std::string content_hash() const override { return corpus_.content_hash(); }
  std::vector<int64_t> encode(std::string_view text) const override;
  std::string decode(std::span<const int64_t> tokens) const override;

 private:
  [[noreturn]] void refuse(Split split, int64_t length) const;

  Corpus corpus_;
  bool cross_documents_;
};

/// Opens (and when missing prepares) the corpus of a data section.
std::unique_ptr<Task> make_text_task(const config::Node& data);

}  // namespace lx
