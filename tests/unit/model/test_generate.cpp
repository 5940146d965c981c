// Laws of writing on: memory changes nothing, the model is left as it was, and what cannot be continued is refused.
#include "base/error.h"
#include "catch.h"
#include "config/yaml.h"
#include "model/generate.h"
#include "unit/model/refusal.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <functional>
#include <string>

using namespace lx;

namespace {

constexpr int64_t kVocabulary = 13;

const char* const kAttention = "{width: 16, layers: 3, mixer: {name: attention, heads: 4, key_heads: 2, head_dim: 6}}";
const char* const kGau =
    "{width: 12, layers: 3, mixer: {name: gau, key_width: 6}, norm: {kind: rms, gain: false, place: post}}";

/// float64, so that a law is broken by logic and never by rounding.
std::shared_ptr<Model> writer(const std::string& model, const std::string& encoding) {
  auto built = build_model(config::parse_yaml(model, "model"), config::parse_yaml(encoding, "encoding"), {},
                           {.vocabulary = kVocabulary, .trained_length = 8}, Random(2));
  built->to(at::kDouble);
  built->eval();
  return built;
}

Tensor some_prompt(int64_t rows, int64_t length) {
  Random random(static_cast<uint64_t>(length));
  Tensor tokens = at::empty({rows, length}, at::kLong);
  for (int64_t i = 0; i < tokens.numel(); ++i)
    tokens.data_ptr<int64_t>()[i] = static_cast<int64_t>(random.below(kVocabulary));
  return tokens;
}

double furthest(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

}  // namespace

TEST_CASE("writing with memory equals reading everything again for each token") {
  for (const char* model : {kAttention, kGau}) {
    for (const char* encoding : {"stack: []", "stack: [rope]", "stack: [rope, {rerope: {window: 5}}]",
                                 "stack: [rope, {window: {size: 4, sinks: 1}}]", "stack: [rope, key_norm, log_n]",
                                 "stack: [rope, {cosine: {length: visible}}]", "stack: [rope, qk_bias]",
                                 "stack: [rope, {yarn: {factor: 3, fast: 2}}, {rerope: {window: 3, interval: 0.25}}]",
                                 "layers: {rest: [rope, {window: {size: 3}}], last: [{log_n: {floor: 0}}]}"}) {
      INFO(encoding << " in " << model);
      const auto writing = writer(model, encoding);
      const Tensor prompt = some_prompt(2, 7);
      const Generation generation =
          generate(*writing, prompt, {.tokens = 15, .sampling = {.temperature = 0}, .chunk = 3, .keep_logits = true});
      CHECK(generation.tokens.sizes() == at::IntArrayRef{2, 15});
      const at::NoGradGuard off;
      Tensor text = prompt;
      for (int64_t step = 0; step < 15; ++step) {
        const Tensor again = writing->logits({.tokens = text}).select(1, text.size(1) - 1);
        CHECK(furthest(generation.logits.select(1, step), again) < 1e-10);
        const Tensor next = again.argmax(-1);
        CHECK(at::equal(generation.tokens.select(1, step), next));
        text = at::cat({text, next.unsqueeze(1)}, 1);
      }
      CHECK(difference_from_one_pass(*writing, prompt, generation) < 1e-10);
    }
  }
}

TEST_CASE("the comparison with one pass sees a difference") {
  const auto writing = writer(kAttention, "stack: [rope]");
  Generation generation = generate(*writing, some_prompt(1, 5), {.tokens = 4, .keep_logits = true});
  generation.logits = generation.logits.clone();
  generation.logits[0][2][1] += 0.5;
  CHECK(difference_from_one_pass(*writing, some_prompt(1, 5), generation) == Approx(0.5));
  // A factor that follows the context is another one at every step.
  const auto following = writer(kAttention, "stack: [rope, ntk]");
  CHECK(following->depends_on_context());
  generation = generate(*following, some_prompt(1, 9), {.tokens = 9, .keep_logits = true});
  CHECK(difference_from_one_pass(*following, some_prompt(1, 9), generation) > 1e-9);
}

TEST_CASE("a model that follows the context reads its prompt in one pass, whatever the chunk") {
  const auto following = writer(kAttention, "stack: [rope, ntk]");
  const Tensor prompt = some_prompt(1, 20);
  const Generation generation = generate(*following, prompt, {.tokens = 1, .chunk = 6, .keep_logits = true});
  CHECK(difference_from_one_pass(*following, prompt, generation) < 1e-10);
}

TEST_CASE("the same stream writes the same text, and rows do not touch each other") {
  const auto writing = writer(kAttention, "stack: [rope]");
  const Tensor prompt = some_prompt(3, 6);
  const auto write = [&](const Tensor& rows, uint64_t seed, int64_t chunk) {
    return generate(*writing, rows, {.tokens = 20, .random = Random(seed), .chunk = chunk}).tokens;
  };
  const Tensor text = write(prompt, 1, 4096);
  CHECK(at::equal(write(prompt, 1, 4), text));
  CHECK_FALSE(at::equal(write(prompt, 2, 4096), text));
  CHECK(at::equal(write(prompt.narrow(0, 0, 2), 1, 4096), text.narrow(0, 0, 2)));
  const Tensor alike = write(prompt.narrow(0, 0, 1).expand({3, -1}), 1, 4096);
  CHECK(at::equal(alike[0], text[0]));
  CHECK_FALSE(at::equal(alike[1], alike[2]));
}

TEST_CASE("log-probabilities are the model's own, whatever was cut off for the choice") {
  const auto writing = writer(kAttention, "stack: [rope]");
  const Generation generation = generate(
      *writing, some_prompt(2, 6), {.tokens = 8, .sampling = {.temperature = 0.5, .top_k = 2}, .keep_logits = true});
  const Tensor want = at::log_softmax(generation.logits, -1).gather(-1, generation.tokens.unsqueeze(-1)).squeeze(-1);
  CHECK(furthest(generation.log_probabilities, want) < 1e-12);
}

TEST_CASE("a model in training writes as in evaluation, without gradients, and goes on training") {
  const auto writing = writer("{width: 16, layers: 2, dropout: 0.5, mixer: {heads: 2}}", "stack: [rope]");
  const GenerateOptions options{.tokens = 6, .sampling = {.temperature = 0}, .keep_logits = true};
  const Generation calm = generate(*writing, some_prompt(1, 6), options);
  writing->train();
  const Generation busy = generate(*writing, some_prompt(1, 6), options);
  CHECK(at::equal(calm.tokens, busy.tokens));
  CHECK(furthest(calm.logits, busy.logits) == 0);
  CHECK_FALSE(busy.logits.requires_grad());
  CHECK(writing->is_training());
}

TEST_CASE("what is written is told token by token, and can be stopped at any of them") {
  const auto writing = writer(kAttention, "stack: [rope]");
  std::vector<Tensor> told;
  int64_t reading = 0;
  const auto stop_after = [&](size_t tokens) {
    return [&told, &reading, tokens](const Tensor& chosen) {
      if (chosen.defined())
        told.push_back(chosen);
      else
        ++reading;
      return told.size() < tokens;
    };
  };
  const Generation some = generate(*writing, some_prompt(2, 7), {.tokens = 9, .chunk = 3}, stop_after(4));
  CHECK(reading == 3);
  CHECK(at::equal(some.tokens, at::stack(told, 1)));
  CHECK(some.tokens.sizes() == at::IntArrayRef{2, 4});
  CHECK(some.log_probabilities.sizes() == at::IntArrayRef{2, 4});
  const Generation none =
      generate(*writing, some_prompt(2, 7), {.tokens = 9, .keep_logits = true}, [](const Tensor&) { return false; });
  CHECK(none.tokens.sizes() == at::IntArrayRef{2, 0});
  CHECK_FALSE(none.logits.defined());
}

TEST_CASE("what cannot be continued is refused in one sentence") {
  using Catch::Contains;
  const auto writing = writer(kAttention, "stack: [rope]");
  const auto attempt = [&](const Tensor& prompt, const GenerateOptions& options) {
    return refusal([&] { generate(*writing, prompt, options); });
  };
  CHECK_THAT(attempt(at::empty({1, 0}, at::kLong), {}), Contains("the prompt is empty"));
  CHECK_THAT(attempt(at::full({1, 3}, kVocabulary, at::kLong), {}), Contains("token 13") && Contains("from 0 to 12"));
  CHECK_THAT(attempt(at::full({1, 3}, -1, at::kLong), {}), Contains("token -1"));
  CHECK_THAT(attempt(some_prompt(1, 3), {.tokens = 0}), Contains("nothing to write"));
  CHECK_THAT(attempt(some_prompt(1, 3), {.sampling = {.top_p = 2}}), Contains("top-p"));
  const at::NoGradGuard off;
  writing->parameters().front().fill_(NAN);
  CHECK_THAT(attempt(some_prompt(1, 3), {}), Contains("not finite"));
}
