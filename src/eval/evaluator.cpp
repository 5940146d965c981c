// Variants times texts times lengths: cut into pieces, read, judged token by token.
#include "eval/evaluator.h"

#include "base/error.h"
#include "base/text.h"
#include "eval/summary.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>
#include <set>

namespace lx {
namespace {

const std::vector<std::string> kTextKinds{"natural", "repeated"};

Split split_called(const std::string& name) {
  std::vector<std::string> known;
  for (const Split split : kSplits) {
    if (split_name(split) == name) return split;
    known.emplace_back(split_name(split));
  }
  fail("eval.split: there is no split '{}'{} (known: {})", name, did_you_mean(name, known), join(known, ", "));
}

int64_t longest_of(const EvalConfig& config) { return *std::max_element(config.lengths.begin(), config.lengths.end()); }

int64_t period_of(const EvalConfig& config, int64_t trained_length) {
  return config.period > 0 ? config.period : trained_length;
}

TextScores empty_scores(const EvalConfig& config, const Text& text, const Reading& reading,
                        const std::vector<int64_t>& lengths) {
  TextScores scores;
  scores.text = reading.name;
  scores.protocol = reading.protocol;
  for (const auto& [name, modifiers] : config.variants.map()) scores.variants.push_back(name);
  scores.lengths = lengths;
  scores.period = text.period;
  scores.targets = text.tokens.size(1) - 1;
  scores.document = text.document;
  scores.document_names = text.document_names;
  scores.documents_long_enough = text.documents_long_enough;
  const size_t size = scores.offset(scores.variants.size(), 0, 0);
  scores.loss.assign(size, std::numeric_limits<float>::quiet_NaN());
  scores.hit.assign(size, 0);
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
    for (Tensor* tensor : {&read.tokens, &read.prefix, &read.source})
      if (tensor->defined()) *tensor = tensor->to(device);
    read.targets = Tensor();
    const Tensor hidden = model.hidden(read);  // [count, L, C]
    Tensor of_judged = hidden.reshape({-1, hidden.size(-1)});
    if (rows.numel() < places.numel()) of_judged = of_judged.index_select(0, rows.to(device));
    file(judge_slices(model, of_judged, wanted(examples, place).to(device)), place, examples.place.size(1));
  }

 private:
  /// The targets that stand at these places.
  static Tensor wanted(const Examples& examples, const Tensor& place) {
    const Tensor all = examples.place.reshape({-1}), targets = examples.batch.targets.reshape({-1});
    const Tensor judged = (all >= 0).logical_and(targets != kIgnore).nonzero().squeeze(1);
    Tensor by_place = at::full({all.max().item<int64_t>() + 1}, kIgnore, at::kLong);
    by_place.index_put_({all.index_select(0, judged)}, targets.index_select(0, judged));
    return by_place.index_select(0, place);
  }

  void file(const Judged& judged, const Tensor& place, int64_t length) {
    require(judged.loss.isfinite().all().item<bool>(),
            "variant '{}' gives losses that are not finite on {} text at length {}; its logits overflow or its softmax "
            "has nothing to look at",
            scores.variants[variant], scores.text, length);
    const size_t base = scores.offset(variant, length_index, 0);
    const auto* loss = judged.loss.data_ptr<float>();
    const auto* hit = judged.hit.data_ptr<uint8_t>();
    const auto* to = place.data_ptr<int64_t>();
    for (int64_t k = 0; k < place.numel(); ++k) {
      scores.loss[base + static_cast<size_t>(to[k])] = loss[k];
      scores.hit[base + static_cast<size_t>(to[k])] = hit[k];
    }
  }
};

/// One text as one reading has it: its scores, and how it is cut.
struct ReadText {
  const Text* text;
  Reading reading;
};

std::vector<ReadText> readings_of(const std::vector<Text>& texts, const Objective& objective) {
  std::vector<ReadText> all;
  for (const Text& text : texts)
    for (Reading& reading : objective.readings(text)) all.push_back({&text, std::move(reading)});
  return all;
}

int64_t tokens_to_read(const std::vector<ReadText>& texts, const Objective& objective,
                       const std::vector<int64_t>& lengths) {
  int64_t total = 0;
  for (const ReadText& one : texts)
    for (const int64_t length : lengths) total += objective.cut(*one.text, one.reading, length).batch.tokens.numel();
  return total;
}

void check_lengths(const EvalConfig& config) {
  require(!config.lengths.empty(), "eval.lengths is empty; name at least one length in tokens");
  const int64_t longest = longest_of(config);
  std::set<int64_t> seen;
  for (const int64_t length : config.lengths) {
    require(length > 0, "eval.lengths: a length is at least 1 token, got {}", length);
    require(seen.insert(length).second, "eval.lengths names {} twice", length);
    require(longest % length == 0,
            "eval.lengths: {} does not divide the longest length {}, so it could not score the same targets", length,
            longest);
  }
}

void check_texts(const EvalConfig& config, int64_t trained_length) {
  require(!config.texts.empty(), "eval.texts is empty; name natural, repeated or both");
  std::set<std::string> seen;
  for (const std::string& kind : config.texts) {
    require(std::find(kTextKinds.begin(), kTextKinds.end(), kind) != kTextKinds.end(),
            "eval.texts: there is no text '{}'{} (known: {}; tail comes with natural)", kind,
            did_you_mean(kind, kTextKinds), join(kTextKinds, ", "));
    require(seen.insert(kind).second, "eval.texts names '{}' twice", kind);
  }
  const int64_t period = period_of(config, trained_length);
  if (seen.count("repeated")) {
    require(longest_of(config) > period,
            "eval.texts asks for repeated text, but the longest length {} is not beyond the period {}; add a longer "
            "length, set a shorter eval.period, or leave 'repeated' out",
            longest_of(config), period);
  } else {
    require(config.period == 0, "eval.period is {} but eval.texts does not name 'repeated'", config.period);
  }
}

}  // namespace

void check(const EvalConfig& config, int64_t trained_length) {
  check_lengths(config);
  check_texts(config, trained_length);
  split_called(config.split);
  require(config.windows >= 1, "eval.windows is at least 1, got {}", config.windows);
  require(config.batch_tokens >= 1, "eval.batch_tokens is at least 1, got {}", config.batch_tokens);
  require(config.variants.is_map(), "{}eval.variants should be a dict of lists of modifiers, got {}",
          config.variants.place.prefix(), config.variants.kind_name());
  require(!config.variants.map().empty(), "{}eval.variants is empty; the model as trained is 'none: []'",
          config.variants.place.prefix());
  for (const auto& [name, modifiers] : config.variants.map()) {
    require(modifiers.is_list() || modifiers.is_null() || modifiers.is_map(),
            "{}eval.variants.{} should be a list of modifiers (or a dict with layers or groups), got {}",
            modifiers.place.prefix(), name, modifiers.kind_name());
  }
}

std::vector<Text> fetch_texts(const EvalConfig& config, const Task& task, int64_t trained_length) {
  std::vector<Text> texts;
  for (const std::string& kind : config.texts) {
    TextRequest request;
    request.kind = kind;
    request.split = split_called(config.split);
    request.length = longest_of(config);
    request.windows = config.windows;
    if (kind == "repeated") request.period = period_of(config, trained_length);
    texts.push_back(task.text(request));
    require(texts.back().tokens.dim() == 2 && texts.back().tokens.size(1) == request.length + 1 &&
                texts.back().tokens.size(0) == static_cast<int64_t>(texts.back().document.size()),
            "the task's {} text does not have the shape that was asked for", kind);
  }
  return texts;
}

EvalResult evaluate(const EvalConfig& config, const Task& task, int64_t trained_length, const BuildVariant& build,
                    const EvalProgress& progress, const Objective& objective) {
  check(config, trained_length);
  objective.check_lengths(config.lengths);
  std::vector<int64_t> lengths = config.lengths;
  std::sort(lengths.begin(), lengths.end());
  const std::vector<Text> fetched = fetch_texts(config, task, trained_length);
  const std::vector<ReadText> texts = readings_of(fetched, objective);

  EvalResult result;
  result.trained_length = trained_length;
  const bool has_trained = std::find(lengths.begin(), lengths.end(), trained_length) != lengths.end();
  result.reference_length = has_trained ? trained_length : lengths.front();
  result.bytes_per_token = task.bytes_per_token();
  for (const ReadText& one : texts) result.scores.push_back(empty_scores(config, *one.text, one.reading, lengths));

  const at::NoGradGuard no_grad;
  EvalStep step;
  step.total = tokens_to_read(texts, objective, lengths) * static_cast<int64_t>(config.variants.map().size());
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
        const Examples examples = objective.cut(*texts[t].text, texts[t].reading, lengths[l]);
        const int64_t pieces = examples.place.size(0);
        if (lengths[l] > longest) {
          step.done += examples.place.numel();
          continue;
        }
        Pass pass{*subject.model, result.scores[t], variant, l};
        const int64_t together = std::max<int64_t>(1, config.batch_tokens / lengths[l]);
        for (int64_t from = 0; from < pieces; from += together) {
          const int64_t count = std::min(together, pieces - from);
          pass.read(examples, from, count);
          step.done += count * lengths[l];
          if (progress) progress(step);
        }
      }
    }
    ++variant;
  }
  summarise(result);
  return result;
}

}  // namespace lx
