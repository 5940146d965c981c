#include "model/generate.h"

#include "base/error.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace lx {
namespace {

/// Evaluation mode while this lives, then whatever it was before.
class EvaluationMode {
 public:
  explicit EvaluationMode(Model& model) : model_(model), training_(model.is_training()) { model_.eval(); }
  ~EvaluationMode() { model_.train(training_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  Model& model_;
  bool training_;
};

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count(); }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

void check_prompt(const Model& model, const Tensor& prompt) {
  require(prompt.dim() == 2 && prompt.size(0) > 0, "a prompt is a batch of rows of tokens");
  require(prompt.size(1) > 0, "the prompt is empty: a model needs at least one token to go on from");
  const auto lowest = prompt.min().item<int64_t>(), highest = prompt.max().item<int64_t>();
  require(lowest >= 0 && highest < model.vocabulary(),
          "the prompt holds the token {}, but the model knows tokens from 0 to {}", lowest < 0 ? lowest : highest,
          model.vocabulary() - 1);
}

Tensor last_logits(Model& model, const Tensor& hidden) {  // [B,T,C] -> [B,V]
  return model.readout(hidden.narrow(1, hidden.size(1) - 1, 1)).squeeze(1);
}

}  // namespace

Generation generate(Model& model, const Tensor& prompt, const GenerateOptions& options, const OnPass& on_pass) {
  const Sampler sampler(options.sampling, options.random);
  check_prompt(model, prompt);
  require(options.tokens > 0 && options.chunk > 0, "there is nothing to write: ask for 1 token or more, got {}",
          options.tokens);
  const at::NoGradGuard off;
  const EvaluationMode mode(model);
  const at::Device device = device_of(model);
  const auto goes_on = [&](const Tensor& tokens) { return !on_pass || on_pass(tokens); };

  Generation result;
  result.tokens = at::empty({prompt.size(0), 0}, at::kLong);
  Memories memories;
  Tensor hidden;  // of the newest tokens, [B,T,C]
  const int64_t length = prompt.size(1);
  const int64_t chunk = model.depends_on_context() ? length : options.chunk;
  const Stopwatch reading;
  bool more = true;
  for (int64_t from = 0; more && from < length; from += chunk) {
    const Tensor tokens = prompt.narrow(1, from, std::min(chunk, length - from)).to(device);
    hidden = model.hidden({.tokens = tokens}, &memories);
    more = goes_on({});
  }
  result.read_seconds = reading.seconds();

  std::vector<Tensor> tokens, log_probabilities, logits;
  const Stopwatch writing;
  for (int64_t step = 0; more && step < options.tokens; ++step) {
    const Tensor now = last_logits(model, hidden);
    const Tensor next = sampler.choose(now, step);  // [B]
    tokens.push_back(next);
    log_probabilities.push_back(
        at::log_softmax(now.to(at::kCPU, at::kDouble), -1).gather(-1, next.unsqueeze(-1)).squeeze(-1));
    if (options.keep_logits) logits.push_back(now);
    more = goes_on(next);
    if (more && step + 1 < options.tokens) hidden = model.hidden({.tokens = next.unsqueeze(1).to(device)}, &memories);
  }
  result.write_seconds = writing.seconds();
  if (tokens.empty()) return result;
  result.tokens = at::stack(tokens, 1);
  result.log_probabilities = at::stack(log_probabilities, 1);
  if (options.keep_logits) result.logits = at::stack(logits, 1);
  return result;
}

double difference_from_one_pass(Model& model, const Tensor& prompt, const Generation& generation) {
  require(generation.logits.defined(),
          "there are no logits to compare with: nothing was written, or they were not kept");
  const at::NoGradGuard off;
  const EvaluationMode mode(model);
  const int64_t written = generation.tokens.size(1);
  // The last token was chosen, but never read.
  const Tensor all = at::cat({prompt, generation.tokens.narrow(1, 0, written - 1)}, 1).to(device_of(model));
  const Tensor hidden = model.hidden({.tokens = all}).narrow(1, prompt.size(1) - 1, written);
  return (model.readout(hidden) - generation.logits).abs().max().item<double>();
}

}  // namespace lx
