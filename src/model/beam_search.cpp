#include "model/beam_search.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace lx {
namespace {

class BeamSearch {
 public:
  BeamSearch(Model& model, ReadPrompts read, const GenerateOptions& options)
      : model_(model), options_(options), memories_(std::move(read.memories)), hidden_(std::move(read.hidden)) {
    prompts_.resize(static_cast<size_t>(hidden_.size(0)));
    for (size_t i = 0; i < prompts_.size(); ++i) prompts_[i].beginnings.push_back({{}, 0, static_cast<int64_t>(i), {}});
  }

  /// Writes one token more. False when nothing is left to be written on.
  bool step() {
    if (parents_.defined()) read_on();
    const Tensor logits = model_.readout(hidden_).squeeze(1);  // [R,V]
    const Tensor reals = logits.to(at::kCPU, at::kDouble).contiguous();
    const Tensor logs = at::log_softmax(reals, -1).contiguous();
    for (int64_t row = 0; row < reals.size(0); ++row)
      highest_logit({reals.data_ptr<double>() + row * reals.size(1), static_cast<size_t>(reals.size(1))});
    std::vector<int64_t> parents, tokens;
    for (OfPrompt& prompt : prompts_) {
      grow(prompt, logs, logits);
      for (Beginning& beginning : prompt.beginnings) {
        parents.push_back(beginning.row);
        tokens.push_back(beginning.text.tokens.back());
        beginning.row = static_cast<int64_t>(parents.size()) - 1;
      }
    }
    parents_ = at::tensor(parents, at::kLong);
    tokens_ = at::tensor(tokens, at::kLong);
    return !parents.empty();
  }

  Generation result() {
    Generation all;
    std::vector<const Beginning*> best;
    for (OfPrompt& prompt : prompts_) {
      for (Beginning& beginning : prompt.beginnings)
        if (!beginning.text.tokens.empty()) prompt.done.push_back(scored(std::move(beginning)));
      std::sort(prompt.done.begin(), prompt.done.end(), [](const Beginning& a, const Beginning& b) {
        return a.text.score != b.text.score ? a.text.score > b.text.score : a.text.tokens < b.text.tokens;
      });
      std::vector<Hypothesis> texts;
      for (const Beginning& one : prompt.done) texts.push_back(one.text);
      all.beams.push_back(std::move(texts));
      if (!prompt.done.empty()) best.push_back(&prompt.done.front());
    }
    if (best.size() == prompts_.size()) fill(all, best);  // else it was interrupted before the first token
    return all;
  }

 private:
  struct Beginning {
    Hypothesis text;
    double sum = 0;
    int64_t row = 0;             // of the batch that is being read
    std::vector<Tensor> logits;  // [V] a token, when they are kept
  };
  struct OfPrompt {
    std::vector<Beginning> beginnings, done;
  };
  struct Continuation {
    double sum;
    size_t from;
    int64_t token;
    bool operator<(const Continuation& other) const {
      return std::tuple(-sum, from, token) < std::tuple(-other.sum, other.from, other.token);
    }
  };

  void read_on() {
    const int64_t rows = hidden_.size(0);
    if (!at::equal(parents_, at::arange(rows, at::kLong))) memories_ = select(memories_, parents_);
    hidden_ = model_.hidden({.tokens = tokens_.unsqueeze(1).to(device_of(model_))}, &memories_);
  }

  Beginning scored(Beginning beginning) const {
    const auto length = static_cast<double>(beginning.text.tokens.size());
    beginning.text.score = beginning.sum / std::pow(length, options_.length_penalty);
    return beginning;
  }

  std::vector<Continuation> likeliest(const OfPrompt& prompt, const Tensor& logs) const {
    const int64_t vocabulary = logs.size(1);
    std::vector<Continuation> all;
    for (size_t from = 0; from < prompt.beginnings.size(); ++from) {
      const Beginning& beginning = prompt.beginnings[from];
      const double* log = logs.data_ptr<double>() + beginning.row * vocabulary;
      for (int64_t token = 0; token < vocabulary; ++token)
        if (log[token] > -INFINITY) all.push_back({beginning.sum + log[token], from, token});
    }
    const size_t kept = std::min(all.size(), static_cast<size_t>(options_.beams) - prompt.done.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end());
    all.resize(kept);
    return all;
  }

  void grow(OfPrompt& prompt, const Tensor& logs, const Tensor& logits) const {
    std::vector<Beginning> longer;
    for (const Continuation& continuation : likeliest(prompt, logs)) {
      Beginning next = prompt.beginnings[continuation.from];
      next.text.tokens.push_back(continuation.token);
      next.text.log_probabilities.push_back(logs[next.row][continuation.token].item<double>());
      next.sum = continuation.sum;
      if (options_.keep_logits) next.logits.push_back(logits[next.row]);
      next.text.ended = ends_with_stop(next.text.tokens, options_.stop);
      if (next.text.ended)
        prompt.done.push_back(scored(std::move(next)));
      else
        longer.push_back(std::move(next));
    }
    prompt.beginnings = std::move(longer);
  }

  void fill(Generation& all, const std::vector<const Beginning*>& best) const {
    const auto rows = static_cast<int64_t>(best.size());
    int64_t longest = 0;
    for (const Beginning* one : best) longest = std::max(longest, static_cast<int64_t>(one->text.tokens.size()));
    all.tokens = at::full({rows, longest}, -1, at::kLong);
    all.log_probabilities = at::zeros({rows, longest}, at::kDouble);
    if (options_.keep_logits)
      all.logits = at::zeros({rows, longest, model_.vocabulary()}, best.front()->logits.front().options());
    for (int64_t row = 0; row < rows; ++row) {
      const Beginning& one = *best[static_cast<size_t>(row)];
      const auto length = static_cast<int64_t>(one.text.tokens.size());
      all.tokens[row].narrow(0, 0, length).copy_(at::tensor(one.text.tokens, at::kLong));
      all.log_probabilities[row].narrow(0, 0, length).copy_(at::tensor(one.text.log_probabilities, at::kDouble));
      if (options_.keep_logits) all.logits[row].narrow(0, 0, length).copy_(at::stack(one.logits));
      all.lengths.push_back(length);
      all.ended.push_back(one.text.ended);
    }
  }

  Model& model_;
  const GenerateOptions& options_;
  Memories memories_;
  Tensor hidden_, parents_, tokens_;
  std::vector<OfPrompt> prompts_;
};

}  // namespace

Generation beam_search(Model& model, ReadPrompts read, const GenerateOptions& options,
                       const std::function<bool()>& goes_on) {
  BeamSearch search(model, std::move(read), options);
  for (int64_t written = 0; written < options.tokens; ++written)
    if (!search.step() || !goes_on()) break;
  return search.result();
}

bool ends_with_stop(const std::vector<int64_t>& tokens, const std::vector<std::vector<int64_t>>& stops) {
  return std::any_of(stops.begin(), stops.end(), [&](const std::vector<int64_t>& stop) {
    return stop.size() <= tokens.size() && std::equal(stop.rbegin(), stop.rend(), tokens.rbegin());
  });
}

}  // namespace lx
