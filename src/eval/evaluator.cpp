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
#include <limits>

namespace lx {
namespace {

constexpr const char* kSliding = "sliding";

TextScores empty_scores(const EvalConfig& config, const Text& text, const Reading& reading,
                        const std::vector<int64_t>& lengths) {
  TextScores scores;
  scores.text = reading.name;
  scores.protocol = reading.protocol;
  for (const auto& [name, modifiers] : config.variants.map()) scores.variants.push_back(name);
  scores.lengths = lengths;
  scores.period = text.period;
  if (reading.name == kSliding) scores.stride = config.stride;
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

// Of states [R,C], with never more than a slice of logits alive.
TokenScores judge_slices(Model& model, const Tensor& hidden, const Tensor& targets) {
  if (const auto map = model.vocabulary_map(hidden)) return vocabulary_scores(*map, targets);
  constexpr int64_t kLogitsAtOnce = int64_t{1} << 22;
  const int64_t rows = hidden.size(0);
  const int64_t slice = std::max<int64_t>(1, kLogitsAtOnce / model.vocabulary());
  std::vector<Tensor> nats, hits;
  for (int64_t from = 0; from < rows; from += slice) {
    const int64_t count = std::min(slice, rows - from);
    const TokenScores some = token_scores(model.readout(hidden.narrow(0, from, count)), targets.narrow(0, from, count));
    nats.push_back(some.nats);
    hits.push_back(some.hit);
  }
  return {at::cat(nats).cpu(), at::cat(hits).cpu()};
}

struct Pass {
  Model& model;
  TextScores& scores;
  Tensor targets;  // [W M] int64: the token that stands at each place
  size_t variant, length_index;

  // Reads examples [from, from + count) in one forward pass and files their scores.
  void read(const Examples& examples, int64_t from, int64_t count) {
    const at::Device device = device_of(model);
    Batch batch = examples.batch;
    // Where a score goes travels as the target, through whatever the architecture makes of the example.
    const Tensor judged = batch.targets != kIgnore;
    batch.targets = examples.place.masked_fill(judged.logical_not(), kIgnore);
    for (Tensor* tensor : {&batch.tokens, &batch.targets, &batch.prefix})
      if (tensor->defined()) *tensor = tensor->narrow(0, from, count);
    Batch read = model.arrange(batch);
    const Tensor places = read.targets.reshape({-1});
    const Tensor rows = (places != kIgnore).nonzero().squeeze(1), place = places.index_select(0, rows);
    if (rows.numel() == 0) return;  // nothing was masked here
    for (Tensor* tensor : {&read.tokens, &read.prefix, &read.source})
      if (tensor->defined()) *tensor = tensor->to(device);
    read.targets = Tensor();
    const Tensor hidden = model.hidden(read);  // [count, L, C]
    Tensor of_judged = hidden.reshape({-1, hidden.size(-1)});
    if (rows.numel() < places.numel()) of_judged = of_judged.index_select(0, rows.to(device));
    file(judge_slices(model, of_judged, targets.index_select(0, place).to(device)), place, examples.place.size(1));
  }

 private:
  void file(const TokenScores& judged, const Tensor& place, int64_t length) {
    require(judged.nats.isfinite().all().item<bool>(),
            "variant '{}' gives losses that are not finite on {} text at length {}; its logits overflow or its softmax "
            "has nothing to look at",
            scores.variants[variant], scores.text, length);
    const size_t base = scores.offset(variant, length_index, 0);
    const auto* loss = judged.nats.data_ptr<float>();
    const auto* hit = judged.hit.data_ptr<uint8_t>();
    const auto* to = place.data_ptr<int64_t>();
    for (int64_t k = 0; k < place.numel(); ++k) {
      scores.loss[base + static_cast<size_t>(to[k])] = loss[k];
      scores.hit[base + static_cast<size_t>(to[k])] = hit[k];
    }
  }
};

Tensor targets_of(const Text& text) { return text.tokens.narrow(1, 1, text.tokens.size(1) - 1).reshape({-1}); }

/// One text as one reading has it: its scores, and how it is cut.
struct ReadText {
  const Text* text;
  Reading reading;
};

// Natural text is read a second time when its pieces are to overlap.
std::vector<ReadText> readings_of(const EvalConfig& config, const std::vector<Text>& texts,
                                  const Objective& objective) {
  std::vector<ReadText> all;
  for (const Text& text : texts) {
    for (Reading& reading : objective.readings(text)) {
      require(
          reading.protocol.empty() || (config.protocols == EvalConfig().protocols && config.stride == 0),
          "eval.protocols and eval.stride are readings of the next token: this objective reads '{}' text its own way",
          reading.name);
      all.push_back({&text, std::move(reading)});
    }
    if (text.period == 0 && config.stride > 0) all.push_back({&text, {kSliding, ""}});
  }
  return all;
}

Examples cut(const EvalConfig& config, const Objective& objective, const ReadText& one, int64_t length) {
  if (one.reading.name == kSliding) return cut_sliding(*one.text, length, config.stride);
  return objective.cut(*one.text, one.reading, length);
}

size_t natural_or_first(const std::vector<ReadText>& texts) {
  const auto natural =
      std::find_if(texts.begin(), texts.end(), [](const ReadText& one) { return one.text->period == 0; });
  return natural == texts.end() ? 0 : static_cast<size_t>(natural - texts.begin());
}

int64_t tokens_to_read(const EvalConfig& config, const std::vector<ReadText>& texts, const Objective& objective,
                       const std::vector<int64_t>& lengths) {
  int64_t total = 0;
  for (const ReadText& one : texts)
    for (const int64_t length : lengths) total += cut(config, objective, one, length).batch.tokens.numel();
  return total;
}

/// Has each variant write the outputs of some windows, of every text that asks for them.
struct Writer {
  const WriteConfig& config;
  const Objective& objective;
  std::vector<ReadText> texts = {};
  std::vector<std::vector<int64_t>> documents = {};
  WrittenTable table = {};

  Writer(const WriteConfig& given, const Objective& asked, const std::vector<ReadText>& all,
         const std::vector<TextScores>& scores)
      : config(given), objective(asked) {
    table.beams = given.beams;
    table.variants = scores.front().variants;
    table.lengths = scores.front().lengths;
    for (size_t t = 0; t < all.size(); ++t) {
      if (!asks_for_answers(objective.cut(*all[t].text, all[t].reading, table.lengths.back()))) continue;
      texts.push_back(all[t]);
      documents.push_back(scores[t].document);
      table.texts.push_back(all[t].reading.name);
    }
    require(!texts.empty(), "eval.generate: this objective asks for no output: take objective=continuation");
    const double none = std::numeric_limits<double>::quiet_NaN();
    table.cells.assign(table.index(texts.size(), 0, 0), {none, none, none, none, 0, 0});
  }

  int64_t tokens() const {
    int64_t sum = 0;
    for (const int64_t length : table.lengths) sum += length;
    return sum * config.windows * static_cast<int64_t>(texts.size() * table.variants.size());
  }

  template <class Tell>
  void write(Model& model, size_t variant, int64_t longest, Tell tell) {
    for (size_t t = 0; t < texts.size(); ++t) {
      for (size_t l = 0; l < table.lengths.size(); ++l) {
        const int64_t length = table.lengths[l];
        if (length <= longest)
          table.cells[table.index(t, variant, l)] =
              write_and_judge(model, objective.cut(*texts[t].text, texts[t].reading, length), documents[t], config);
        tell(table.texts[t], length, length * config.windows);
      }
    }
  }
};

}  // namespace

EvalResult evaluate(const EvalConfig& config, const Task& task, int64_t trained_length, const BuildVariant& build,
                    const EvalProgress& progress, const Objective& objective) {
  check(config, trained_length);
  objective.check_lengths(config.lengths);
  std::vector<int64_t> lengths = config.lengths;
  std::sort(lengths.begin(), lengths.end());
  const std::vector<Text> fetched = fetch_texts(config, task, trained_length);
  const std::vector<ReadText> texts = readings_of(config, fetched, objective);

  EvalResult result;
  result.trained_length = trained_length;
  const bool has_trained = std::find(lengths.begin(), lengths.end(), trained_length) != lengths.end();
  result.reference_length = has_trained ? trained_length : lengths.front();
  result.bytes_per_token = task.bytes_per_token();
  result.protocols = config.protocols;
  for (const ReadText& one : texts) result.scores.push_back(empty_scores(config, *one.text, one.reading, lengths));

  const at::NoGradGuard no_grad;
  EvalStep step;
  step.total = tokens_to_read(config, texts, objective, lengths) * static_cast<int64_t>(config.variants.map().size());
  const size_t watched = natural_or_first(texts);
  std::optional<AttentionProber> prober;
  if (config.probe)
    prober.emplace(*config.probe, result.scores[watched],
                   [&](int64_t length) { return cut(config, objective, texts[watched], length); });
  if (prober) step.total += prober->tokens();
  std::optional<Writer> writer;
  if (config.generate) writer.emplace(*config.generate, objective, texts, result.scores);
  if (writer) step.total += writer->tokens();
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
      step.text = texts[t].reading.name;
      for (size_t l = 0; l < lengths.size(); ++l) {
        step.length = lengths[l];
        const Examples examples = cut(config, objective, texts[t], lengths[l]);
        const int64_t pieces = examples.place.size(0);
        if (lengths[l] > longest) {
          step.done += examples.place.numel();
          continue;
        }
        Pass pass{*subject.model, result.scores[t], targets_of(*texts[t].text), variant, l};
        const int64_t together = std::max<int64_t>(1, config.batch_tokens / lengths[l]);
        for (int64_t from = 0; from < pieces; from += together) {
          const int64_t count = std::min(together, pieces - from);
          pass.read(examples, from, count);
          step.done += count * lengths[l];
          if (progress) progress(step);
        }
      }
    }
    if (prober) {
      prober->look(*subject.model, variant, [&](int64_t length) {
        step.text = "the attention of " + texts[watched].reading.name;
        step.length = length;
        step.done += length;
        if (progress) progress(step);
      });
    }
    if (writer) {
      writer->write(*subject.model, variant, longest, [&](const std::string& text, int64_t length, int64_t tokens) {
        step.text = "what is written after " + text;
        step.length = length;
        step.done += tokens;
        if (progress) progress(step);
      });
    }
    ++variant;
  }
  summarise(result);
  if (writer) result.written = std::move(writer->table);
  if (config.repeats) {
    result.repeats = count_repeats(result, config.repeats->order);
    if (result.repeats->texts.empty()) result.repeats.reset();
  }
  if (prober) result.probe = prober->result();
  return result;
}

}  // namespace lx
