// Variants times texts times lengths: cut into pieces, read, judged token by token.
#include "eval/evaluator.h"

#include "base/error.h"
#include "eval/probe.h"
#include "eval/repeats.h"
#include "eval/sliding.h"
#include "eval/summary.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace lx {
namespace {

constexpr const char* kSliding = "sliding";

// The pieces of one text at one length: inputs and targets [P, L], and where the scores of piece 0 go.
struct Pieces {
  Tensor inputs, targets;
  int64_t stride = 0;                  // scores between the beginnings of two pieces
  std::vector<SlidingPiece> window{};  // those of each window, when they overlap

  // Where the scores of a piece go, and how many of them are dropped.
  SlidingPiece place(int64_t piece) const {
    if (window.empty()) return {piece * stride, 0};
    const auto count = static_cast<int64_t>(window.size());
    const auto& [begin, skip] = window[static_cast<size_t>(piece % count)];
    return {piece / count * stride + begin, skip};
  }
};

Pieces cut_sliding(const Text& text, int64_t length, int64_t slide) {
  const int64_t scored = text.tokens.size(1) - 1;
  Pieces pieces{{}, {}, scored, sliding_pieces(scored, length, slide)};
  std::vector<Tensor> inputs, targets;
  for (const auto& [begin, skip] : pieces.window) {
    inputs.push_back(text.tokens.narrow(1, begin, length));
    targets.push_back(text.tokens.narrow(1, begin + 1, length));
  }
  pieces.inputs = at::stack(inputs, 1).reshape({-1, length});
  pieces.targets = at::stack(targets, 1).reshape({-1, length});
  return pieces;
}

// `slide`: targets from one piece to the next; 0: side by side.
Pieces cut(const Text& text, int64_t length, int64_t slide) {
  if (slide > 0) return cut_sliding(text, length, slide);
  const int64_t scored = text.tokens.size(1) - 1;
  if (text.period > 0) return {text.tokens.narrow(1, 0, length), text.tokens.narrow(1, 1, length), scored};
  return {text.tokens.narrow(1, 0, scored).reshape({-1, length}),
          text.tokens.narrow(1, 1, scored).reshape({-1, length}), length};
}

TextScores empty_scores(const EvalConfig& config, const Text& text, const std::vector<int64_t>& lengths) {
  TextScores scores;
  scores.text = text.name;
  for (const auto& [name, modifiers] : config.variants.map()) scores.variants.push_back(name);
  scores.lengths = lengths;
  scores.period = text.period;
  if (text.name == kSliding) scores.stride = config.stride;
  scores.targets = text.tokens.size(1) - 1;
  scores.document = text.document;
  scores.document_names = text.document_names;
  scores.documents_long_enough = text.documents_long_enough;
  const size_t size = scores.offset(scores.variants.size(), 0, 0);
  scores.loss.assign(size, std::numeric_limits<float>::quiet_NaN());
  scores.hit.assign(size, 0);
  const Tensor tokens = text.tokens.contiguous();
  scores.tokens.assign(tokens.data_ptr<int64_t>(), tokens.data_ptr<int64_t>() + tokens.numel());
  return scores;
}

// Losses [R] float32 and hits [R] uint8 of hidden states [R,C], with never more than a slice of logits alive.
struct Judged {
  Tensor loss, hit;
};

Judged judge_slices(Model& model, const Tensor& hidden, const Tensor& targets) {
  constexpr int64_t kLogitsAtOnce = int64_t{1} << 22;
  const int64_t rows = hidden.size(0);
  const int64_t slice = std::max<int64_t>(1, kLogitsAtOnce / model.vocabulary());
  std::vector<Tensor> losses, hits;
  for (int64_t from = 0; from < rows; from += slice) {
    const int64_t count = std::min(slice, rows - from);
    const Tensor logits = model.readout(hidden.narrow(0, from, count)).to(at::kFloat);  // [count, V]
    const Tensor wanted = targets.narrow(0, from, count);
    losses.push_back(-at::log_softmax(logits, -1).gather(-1, wanted.unsqueeze(-1)).squeeze(-1));
    hits.push_back((logits.argmax(-1) == wanted).to(at::kByte));
  }
  return {at::cat(losses).cpu().contiguous(), at::cat(hits).cpu().contiguous()};
}

struct Pass {
  Model& model;
  TextScores& scores;
  size_t variant, length_index;

  // Reads pieces [from, from + count) in one forward pass and files their scores.
  void read(const Pieces& pieces, int64_t from, int64_t count) {
    const at::Device device = device_of(model);
    const int64_t length = pieces.inputs.size(1);
    Batch batch;
    batch.tokens = pieces.inputs.narrow(0, from, count).to(device);
    const Tensor targets = pieces.targets.narrow(0, from, count).to(device).reshape({-1});
    const Tensor hidden = model.hidden(batch);  // [count, L, C]
    const Judged judged = judge_slices(model, hidden.reshape({count * length, -1}), targets);
    require(judged.loss.isfinite().all().item<bool>(),
            "variant '{}' gives losses that are not finite on {} text at length {}; its logits overflow or its softmax "
            "has nothing to look at",
            scores.variants[variant], scores.text, length);
    const size_t base = scores.offset(variant, length_index, 0);
    for (int64_t k = 0; k < count; ++k) {
      const auto [begin, skip] = pieces.place(from + k);
      const size_t to = base + static_cast<size_t>(begin + skip), bytes = static_cast<size_t>(length - skip);
      const int64_t piece = k * length + skip;
      std::memcpy(&scores.loss[to], judged.loss.data_ptr<float>() + piece, bytes * sizeof(float));
      std::memcpy(&scores.hit[to], judged.hit.data_ptr<uint8_t>() + piece, bytes);
    }
  }
};

int64_t tokens_to_read(const std::vector<Text>& texts, const EvalResult& result, const std::vector<int64_t>& lengths) {
  int64_t total = 0;
  for (size_t t = 0; t < texts.size(); ++t)
    for (const int64_t length : lengths) total += cut(texts[t], length, result.scores[t].stride).inputs.numel();
  return total;
}

const Text& natural_or_first(const std::vector<Text>& texts) {
  const auto natural = std::find_if(texts.begin(), texts.end(), [](const Text& text) { return text.period == 0; });
  return natural == texts.end() ? texts.front() : *natural;
}

// Natural text is read a second time when its pieces are to overlap.
void add_sliding(std::vector<Text>& texts, const EvalConfig& config) {
  if (config.stride == 0) return;
  const auto natural = std::find_if(texts.begin(), texts.end(), [](const Text& text) { return text.period == 0; });
  Text sliding = *natural;
  sliding.name = kSliding;
  texts.insert(natural + 1, std::move(sliding));
}

}  // namespace

EvalResult evaluate(const EvalConfig& config, const Task& task, int64_t trained_length, const BuildVariant& build,
                    const EvalProgress& progress) {
  check(config, trained_length);
  std::vector<int64_t> lengths = config.lengths;
  std::sort(lengths.begin(), lengths.end());
  std::vector<Text> texts = fetch_texts(config, task, trained_length);
  add_sliding(texts, config);

  EvalResult result;
  result.trained_length = trained_length;
  const bool has_trained = std::find(lengths.begin(), lengths.end(), trained_length) != lengths.end();
  result.reference_length = has_trained ? trained_length : lengths.front();
  result.bytes_per_token = task.bytes_per_token();
  result.protocols = config.protocols;
  for (const Text& text : texts) result.scores.push_back(empty_scores(config, text, lengths));

  const at::NoGradGuard no_grad;
  EvalStep step;
  step.total = tokens_to_read(texts, result, lengths) * static_cast<int64_t>(config.variants.map().size());
  std::optional<AttentionProber> prober;
  if (config.probe) prober.emplace(*config.probe, natural_or_first(texts), result.scores.front());
  if (prober) step.total += prober->tokens();
  size_t variant = 0;
  for (const auto& [name, modifiers] : config.variants.map()) {
    const Subject subject = build(modifiers.is_null() ? config::Node(config::List()) : modifiers);
    subject.model->eval();
    VariantFacts facts{name, config::to_json(modifiers), subject.executor, subject.notes};
    if (subject.model->depends_on_context()) {
      facts.notes.emplace_back("depends on the length of the whole context, so decoding token by token may differ");
    }
    const int64_t longest = subject.model->longest_text();
    require(longest >= lengths.front(), "variant '{}' reads at most {} tokens, and the shortest of eval.lengths is {}",
            name, longest, lengths.front());
    if (longest < lengths.back())
      facts.notes.push_back(fmt::format("reads at most {} tokens: longer texts are not scored", longest));
    result.variants.push_back(std::move(facts));
    step.variant = name;
    for (size_t t = 0; t < texts.size(); ++t) {
      step.text = texts[t].name;
      for (size_t l = 0; l < lengths.size(); ++l) {
        step.length = lengths[l];
        const Pieces pieces = cut(texts[t], lengths[l], result.scores[t].stride);
        if (lengths[l] > longest) {
          step.done += pieces.inputs.numel();
          continue;
        }
        Pass pass{*subject.model, result.scores[t], variant, l};
        const int64_t together = std::max<int64_t>(1, config.batch_tokens / lengths[l]);
        for (int64_t from = 0; from < pieces.inputs.size(0); from += together) {
          const int64_t count = std::min(together, pieces.inputs.size(0) - from);
          pass.read(pieces, from, count);
          step.done += count * lengths[l];
          if (progress) progress(step);
        }
      }
    }
    if (prober) {
      prober->look(*subject.model, variant, [&](int64_t length) {
        step.text = "the attention of " + natural_or_first(texts).name;
        step.length = length;
        step.done += length;
        if (progress) progress(step);
      });
    }
    ++variant;
  }
  summarise(result);
  if (config.repeats) result.repeats = count_repeats(result, config.repeats->order);
  if (prober) result.probe = prober->result();
  return result;
}

}  // namespace lx
