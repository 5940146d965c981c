#include "model/generate.h"

#include "base/error.h"
#include "model/beam_search.h"
#include "model/in_mode.h"
#include "model/read_prompts.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace lx {
namespace {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count(); }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

void check_prompts(const Model& model, const std::vector<Tensor>& prompts) {
  require(model.answers(Asks::continuation) || model.answers(Asks::next_token),
          "this model fills in tokens of a text that it sees as a whole: an encoder writes none");
  require(!prompts.empty(), "there is no prompt to go on from");
  for (const Tensor& prompt : prompts) {
    require(prompt.dim() == 1, "a prompt is a row of tokens");
    require(prompt.size(0) > 0, "the prompt is empty: a model needs at least one token to go on from");
    const auto lowest = prompt.min().item<int64_t>(), highest = prompt.max().item<int64_t>();
    require(lowest >= 0 && highest < model.vocabulary(),
            "the prompt holds the token {}, but the model knows tokens from 0 to {}", lowest < 0 ? lowest : highest,
            model.vocabulary() - 1);
  }
}

void check_options(const GenerateOptions& options) {
  check(options.sampling);
  require(options.tokens > 0 && options.chunk > 0, "there is nothing to write: ask for 1 token or more, got {}",
          options.tokens);
  require(options.beams > 0, "a search keeps 1 beginning or more, got {} beams", options.beams);
  require(options.beams == 1 || options.sampling.temperature == 0,
          "beam search looks for the likeliest text and draws none: it goes with temperature 0, got {}",
          options.sampling.temperature);
  require(options.length_penalty >= 0, "the length penalty is 0 or more, got {}", options.length_penalty);
  require(options.beams > 1 || options.length_penalty == 0,
          "a length penalty ({}) compares the texts of a beam search, and there is one text only: ask for more beams",
          options.length_penalty);
  for (const auto& stop : options.stop) require(!stop.empty(), "a stop is one token or more");
}

/// Chooses token after token for rows that end one by one.
class Writer {
 public:
  Writer(Model& model, const GenerateOptions& options, ReadPrompts read)
      : model_(model),
        options_(options),
        sampler_(options.sampling, options.random),
        memories_(std::move(read.memories)),
        hidden_(std::move(read.hidden)),
        written_(static_cast<size_t>(hidden_.size(0))),
        ended_(written_.size(), false) {
    for (size_t row = 0; row < written_.size(); ++row) live_.push_back(static_cast<int64_t>(row));
  }

  void write(const std::function<bool(const Tensor&)>& goes_on) {
    for (int64_t step = 0; step < options_.tokens; ++step) {
      const Tensor next = choose(step);  // [R]
      const bool more = goes_on(tokens_.back());
      const Tensor kept = rows_that_go_on(next);
      if (!more || kept.numel() == 0 || step + 1 == options_.tokens) return;
      read(next, kept);
    }
  }

  Generation result() const {
    Generation all;
    all.tokens = at::stack(tokens_, 1);
    all.log_probabilities = at::stack(log_probabilities_, 1);
    if (options_.keep_logits) all.logits = at::stack(logits_, 1);
    for (const auto& row : written_) all.lengths.push_back(static_cast<int64_t>(row.size()));
    all.ended = ended_;
    return all;
  }

 private:
  Tensor choose(int64_t step) {
    const Tensor now = model_.readout(hidden_).squeeze(1);  // [R,V]
    const Tensor next = sampler_.choose(now, step, live_);
    const Tensor log = at::log_softmax(now.to(at::kCPU, at::kDouble), -1).gather(-1, next.unsqueeze(-1)).squeeze(-1);
    tokens_.push_back(of_all_rows(next, -1));
    log_probabilities_.push_back(of_all_rows(log, 0));
    if (options_.keep_logits) logits_.push_back(of_all_rows(now, 0));
    return next;
  }

  /// Values of the rows that are written on among all rows.
  Tensor of_all_rows(const Tensor& values, int64_t filler) const {
    if (live_.size() == written_.size()) return values;
    std::vector<int64_t> sizes = values.sizes().vec();
    sizes[0] = static_cast<int64_t>(written_.size());
    return at::full(sizes, filler, values.options())
        .index_copy(0, at::tensor(live_, at::TensorOptions().dtype(at::kLong).device(values.device())), values);
  }

  /// Numbers, among those of this step, of the rows that no stop has ended.
  Tensor rows_that_go_on(const Tensor& next) {
    std::vector<int64_t> kept, live;
    for (size_t i = 0; i < live_.size(); ++i) {
      const auto row = static_cast<size_t>(live_[i]);
      written_[row].push_back(next.data_ptr<int64_t>()[i]);
      ended_[row] = ends_with_stop(written_[row], options_.stop);
      if (ended_[row]) continue;
      kept.push_back(static_cast<int64_t>(i));
      live.push_back(live_[i]);
    }
    live_ = std::move(live);
    return at::tensor(kept, at::kLong);
  }

  void read(Tensor next, const Tensor& kept) {
    if (kept.numel() < next.numel()) {
      memories_ = select(memories_, kept);
      next = next.index_select(0, kept);
    }
    hidden_ = model_.hidden({.tokens = next.unsqueeze(1).to(device_of(model_))}, &memories_);
  }

  Model& model_;
  const GenerateOptions& options_;
  Sampler sampler_;
  Memories memories_;
  Tensor hidden_;
  std::vector<std::vector<int64_t>> written_;
  std::vector<bool> ended_;
  std::vector<int64_t> live_;
  std::vector<Tensor> tokens_, log_probabilities_, logits_;
};

std::vector<Tensor> rows_of(const Tensor& prompt) {
  require(prompt.dim() == 2 && prompt.size(0) > 0, "a prompt is a batch of rows of tokens");
  return prompt.unbind(0);
}

}  // namespace

Generation generate(Model& model, const std::vector<Tensor>& prompts, const GenerateOptions& options,
                    const OnPass& on_pass) {
  check_options(options);
  check_prompts(model, prompts);
  const at::NoGradGuard off;
  const InMode evaluation(model, false);
  const auto goes_on = [&](const Tensor& tokens) { return !on_pass || on_pass(tokens); };
  const auto still = [&] { return goes_on({}); };

  const Stopwatch reading;
  ReadPrompts read = read_prompts(model, prompts, options.chunk, still);
  const double read_seconds = reading.seconds();
  const Stopwatch writing;
  Generation result;
  if (read.complete && options.beams > 1) {
    result = beam_search(model, std::move(read), options, still);
  } else if (read.complete) {
    Writer writer(model, options, std::move(read));
    writer.write(goes_on);
    result = writer.result();
  }
  if (!result.tokens.defined()) {
    const auto rows = static_cast<int64_t>(prompts.size());
    result.tokens = at::empty({rows, 0}, at::kLong);
    result.log_probabilities = at::empty({rows, 0}, at::kDouble);
    result.lengths.assign(prompts.size(), 0);
    result.ended.assign(prompts.size(), false);
  }
  result.read_seconds = read_seconds;
  result.write_seconds = writing.seconds();
  return result;
}

Generation generate(Model& model, const Tensor& prompt, const GenerateOptions& options, const OnPass& on_pass) {
  return generate(model, rows_of(prompt), options, on_pass);
}

double difference_from_one_pass(Model& model, const std::vector<Tensor>& prompts, const Generation& generation) {
  require(generation.logits.defined(),
          "there are no logits to compare with: nothing was written, or they were not kept");
  const at::NoGradGuard off;
  const InMode evaluation(model, false);
  const at::Device device = device_of(model);
  double furthest = 0;
  for (size_t row = 0; row < prompts.size(); ++row) {
    const int64_t written = generation.lengths[row], number = static_cast<int64_t>(row);
    Batch batch = arranged_prompts(model, prompts[row].unsqueeze(0));
    // The last token was chosen, but never read.
    const Tensor read = generation.tokens[number].narrow(0, 0, written - 1).unsqueeze(0);
    batch.tokens = at::cat({batch.tokens, read}, 1).to(device);
    if (batch.source.defined()) batch.source = batch.source.to(device);
    if (batch.prefix.defined()) batch.prefix = batch.prefix.to(device);
    const Tensor hidden = model.hidden(batch).narrow(1, batch.tokens.size(1) - written, written);
    const Tensor difference = model.readout(hidden)[0] - generation.logits[number].narrow(0, 0, written);
    furthest = std::max(furthest, difference.abs().max().item<double>());
  }
  return furthest;
}

double difference_from_one_pass(Model& model, const Tensor& prompt, const Generation& generation) {
  return difference_from_one_pass(model, rows_of(prompt), generation);
}

int64_t longest_read(const Model& model, const Tensor& prompt, int64_t tokens) {
  const Batch batch = arranged_prompts(model, prompt.unsqueeze(0));
  const int64_t source = batch.source.defined() ? batch.source.size(1) : 0;
  return std::max(source, batch.tokens.size(1) + tokens - 1);  // the last token is not read
}

}  // namespace lx
