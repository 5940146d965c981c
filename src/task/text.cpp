#include "task/text.h"

#include "base/error.h"
#include "base/hash.h"
#include "task/registry.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace lx {
namespace {

void copy_tokens(std::span<const Token> from, int64_t* to) { std::copy(from.begin(), from.end(), to); }

// The windows of one document in the order in which they are handed out.
std::vector<int64_t> window_offsets(int64_t tokens, int64_t width, uint64_t hash) {
  const int64_t first = static_cast<int64_t>(hash % static_cast<uint64_t>(tokens - width + 1));
  std::vector<int64_t> others;
  for (int64_t at = first - width; at >= 0; at -= width) others.push_back(at);
  for (int64_t at = first + width; at + width <= tokens; at += width) others.push_back(at);
  std::sort(others.begin(), others.end());
  // Multiples of the golden ratio: however few are taken, they lie far apart.
  std::vector<size_t> order(others.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto spread = [](size_t i) { return std::fmod(0.6180339887498949 * static_cast<double>(i + 1), 1.0); };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return spread(a) < spread(b); });
  std::vector<int64_t> offsets{first};
  for (const size_t i : order) offsets.push_back(others[i]);
  return offsets;
}

}  // namespace

TextTask::TextTask(Corpus corpus, bool cross_documents)
    : corpus_(std::move(corpus)), cross_documents_(cross_documents) {}

int64_t TextTask::vocabulary() const { return corpus_.tokenizer()->vocabulary(); }

double TextTask::bytes_per_token() const { return corpus_.bytes_per_token(Split::test); }

void TextTask::refuse(Split split, int64_t length) const {
  const int64_t documents = corpus_.split(split).documents();
  require(documents > 0, "the {} side of the corpus '{}' is empty: set data.split.{}=0.1 or choose another corpus",
          split_name(split), corpus_.name(), split == Split::train ? "test" : split_name(split));
  fail(
      "no {} document of the corpus '{}' has the {} tokens that length {} needs: the longest of its {} documents has "
      "{}; "
      "use a shorter length or a corpus with longer documents (lx data list)",
      split_name(split), corpus_.name(), length + 1, length, documents, corpus_.longest_document(split));
}

Batch TextTask::sample(Split split, int64_t length, int64_t count, Random random) const {
  require(length > 0 && count > 0, "a batch needs a positive length and count, got {} and {}", length, count);
  const TokenFile& file = corpus_.split(split);
  // ends[i]: windows in documents 0..i; across documents there is one long document.
  const int64_t pieces = cross_documents_ ? 1 : file.documents();
  std::vector<int64_t> ends(static_cast<size_t>(pieces));
  int64_t windows = 0;
  for (int64_t i = 0; i < pieces; ++i) {
    const int64_t tokens = cross_documents_ ? file.header().tokens : file.tokens_of(i);
    windows += std::max<int64_t>(0, tokens - length);
    ends[static_cast<size_t>(i)] = windows;
  }
  if (windows == 0) refuse(split, length);
  Batch batch{at::empty({count, length}, at::kLong), at::empty({count, length}, at::kLong), {}, {}};
  auto* tokens = batch.tokens.data_ptr<int64_t>();
  auto* targets = batch.targets.data_ptr<int64_t>();
  for (int64_t row = 0; row < count; ++row) {
    const auto drawn = static_cast<int64_t>(random.below(static_cast<uint64_t>(windows)));
    const auto piece = std::upper_bound(ends.begin(), ends.end(), drawn) - ends.begin();
    const int64_t offset = drawn - (piece > 0 ? ends[static_cast<size_t>(piece) - 1] : 0);
    const std::span<const Token> all = cross_documents_ ? file.tokens() : file.document(piece);
    copy_tokens(all.subspan(static_cast<size_t>(offset), static_cast<size_t>(length)), tokens + row * length);
    copy_tokens(all.subspan(static_cast<size_t>(offset) + 1, static_cast<size_t>(length)), targets + row * length);
  }
  return batch;
}

Text TextTask::text(const TextRequest& request) const {
  const bool repeated = request.kind == "repeated";
  require(repeated || request.kind == "natural", "there is no text '{}' (known: natural, repeated)", request.kind);
  require(request.length > 0 && request.windows > 0, "a text needs a positive length and windows, got {} and {}",
          request.length, request.windows);
  require(!repeated || request.period > 0, "a repeated text needs a positive period, got {}", request.period);
  const TokenFile& file = corpus_.split(request.split);
  const int64_t width = request.length + 1;

  struct Source {
    uint64_t hash;
    int64_t document;
    std::vector<int64_t> offsets;
  };
  std::vector<Source> sources;
  for (int64_t i = 0; i < file.documents(); ++i) {
    if (file.tokens_of(i) < width) continue;
    const uint64_t hash = hash64(file.name(i), 2);
    sources.push_back({hash, i,
                       request.openings ? std::vector<int64_t>{0}
                                        : window_offsets(file.tokens_of(i), width, hash64(file.name(i), 3))});
  }
  if (sources.empty()) refuse(request.split, request.length);
  std::sort(sources.begin(), sources.end(), [&](const Source& a, const Source& b) {
    return std::pair(a.hash, a.document) < std::pair(b.hash, b.document);
  });

  struct Window {
    const Source* source;
    int64_t offset;
  };
  std::vector<Window> windows;
  const auto wanted = static_cast<size_t>(request.windows);
  bool more = true;
  for (size_t round = 0; more && windows.size() < wanted; ++round) {
    more = false;
    for (const Source& source : sources) {
      if (round >= source.offsets.size() || windows.size() == wanted) continue;
      windows.push_back({&source, source.offsets[round]});
      more = true;
    }
  }

  Text text;
  text.name = request.kind;
  text.period = repeated ? request.period : 0;
  text.documents_long_enough = static_cast<int64_t>(sources.size());
  for (const Source& source : sources) text.document_names.emplace_back(file.name(source.document));
  text.tokens = at::empty({static_cast<int64_t>(windows.size()), width}, at::kLong);
  auto* tokens = text.tokens.data_ptr<int64_t>();
  for (const Window& window : windows) {
    copy_tokens(
        file.document(window.source->document).subspan(static_cast<size_t>(window.offset), static_cast<size_t>(width)),
        tokens);
    // From the period on, each token is the one a period before it.
    for (int64_t i = request.period; repeated && i < width; ++i) tokens[i] = tokens[i - request.period];
    tokens += width;
    text.document.push_back(window.source - sources.data());
  }
  return text;
}

std::vector<int64_t> TextTask::encode(std::string_view text) const {
  const std::vector<Token> tokens = corpus_.tokenizer()->encode(text);
  return {tokens.begin(), tokens.end()};
}

std::string TextTask::decode(std::span<const int64_t> tokens) const {
  std::vector<Token> narrow;
  narrow.reserve(tokens.size());
  for (const int64_t token : tokens) {
    require(token >= 0 && token < vocabulary(), "{} is no token of this corpus: they go from 0 to {}", token,
            vocabulary() - 1);
    narrow.push_back(static_cast<Token>(token));
  }
  return corpus_.tokenizer()->decode(narrow);
}

std::unique_ptr<Task> make_text_task(const config::Node& data) {
  const auto config = config::read<TextConfig>(data, "data");
  return std::make_unique<TextTask>(open_corpus(config), config.cross_documents);
}

namespace {
REGISTER_TASK(
    text, "the next token of a corpus, judged at every position", make_text_task,
    [] { return config::help<TextConfig>(); }, "",
    [](const config::Node& data) { (void)config::read<TextConfig>(data, "data"); });
}

}  // namespace lx
