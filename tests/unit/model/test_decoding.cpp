// Laws of writing after several prompts, by stops and with beams, in every architecture that writes.
#include "base/error.h"
#include "catch.h"
#include "config/yaml.h"
#include "model/beam_search.h"
#include "model/generate.h"
#include "model/read_prompts.h"
#include "unit/model/refusal.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace lx;

namespace {

struct Decoding {
  static constexpr int64_t kVocabulary = 11;

  static std::shared_ptr<Model> model(const std::string& settings, const std::string& encoding,
                                      int64_t vocabulary = kVocabulary) {
    const ModelContext context{.vocabulary = vocabulary, .trained_length = 8, .input_length = 4, .output_length = 4};
    auto built = build_model(config::parse_yaml(settings, "model"), config::parse_yaml(encoding, "encoding"), {},
                             context, Random(5));
    built->to(at::kDouble);  // a law is broken by logic and never by rounding
    built->eval();
    const at::NoGradGuard off;
    for (Tensor& parameter : built->parameters()) parameter.mul_(2);  // far from a draw between tokens
    return built;
  }

  static const std::vector<std::string>& architectures() {
    static const std::vector<std::string> all{
        "{name: decoder, width: 12, layers: 2, mixer: {heads: 2, key_heads: 1}}",
        "{name: unilm, width: 12, layers: 2, mixer: {heads: 2, key_heads: 1}}",
        "{name: encoder_decoder, width: 12, encoder_layers: 2, decoder_layers: 2, mixer: {heads: 2}, cross: {heads: "
        "2}}",
        "{name: encoder_decoder, shared: true, width: 12, encoder_layers: 2, decoder_layers: 2, mixer: {heads: 2}}",
        "{name: decoder, width: 12, layers: 2, mixer: {name: gau, key_width: 6}}",
        "{name: unilm, width: 12, layers: 2, mixer: {name: gau, key_width: 6}}"};
    return all;
  }

  static Tensor prompt(int64_t length, uint64_t seed, int64_t vocabulary = kVocabulary) {
    Random random(seed);
    Tensor tokens = at::empty({length}, at::kLong);
    for (int64_t i = 0; i < length; ++i)
      tokens.data_ptr<int64_t>()[i] = static_cast<int64_t>(random.below(static_cast<uint64_t>(vocabulary)));
    return tokens;
  }

  static std::vector<Tensor> ragged() { return {prompt(7, 1), prompt(1, 2), prompt(12, 3), prompt(7, 4)}; }

  static double furthest(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

  static void check_rows_alone(Model& writing, const std::vector<Tensor>& prompts, const GenerateOptions& options) {
    const Generation together = generate(writing, prompts, options);
    for (size_t row = 0; row < prompts.size(); ++row) {
      INFO("row " << row);
      const Generation alone = generate(writing, prompts[row].unsqueeze(0), options);
      const int64_t number = static_cast<int64_t>(row), length = alone.lengths[0];
      REQUIRE(together.lengths[row] == length);
      CHECK(together.ended[row] == alone.ended[0]);
      CHECK(at::equal(together.tokens[number].narrow(0, 0, length), alone.tokens[0]));
      CHECK(furthest(together.logits[number].narrow(0, 0, length), alone.logits[0]) < 1e-10);
      CHECK((together.tokens[number].narrow(0, length, together.tokens.size(1) - length) == -1).all().item<bool>());
    }
  }

  /// All texts of `length` tokens that may follow, with the sum of their log-probabilities.
  static double best_of_all(Model& writing, const Tensor& prompt, int64_t length, int64_t vocabulary,
                            std::vector<int64_t>& best) {
    double highest = -INFINITY;
    const auto count = static_cast<int64_t>(std::llround(std::pow(vocabulary, length)));
    for (int64_t number = 0; number < count; ++number) {
      std::vector<int64_t> text;
      for (int64_t i = 0, rest = number; i < length; ++i, rest /= vocabulary) text.push_back(rest % vocabulary);
      Batch example;
      example.tokens = at::cat({prompt, at::tensor(text, at::kLong)}).unsqueeze(0);
      example.prefix = at::full({1}, prompt.size(0) - 1, at::kLong);
      const Tensor logs = at::log_softmax(writing.logits(writing.arrange(example)), -1)[0];
      double sum = 0;
      for (int64_t i = 0; i < length; ++i)
        sum += logs[logs.size(0) - 1 - length + i][text[static_cast<size_t>(i)]].item<double>();
      if (sum > highest) highest = sum, best = text;
    }
    return highest;
  }
};

}  // namespace

TEST_CASE("every row of a ragged batch is what it is alone, and memory is one pass") {
  const at::NoGradGuard off;
  for (const std::string& settings : Decoding::architectures()) {
    for (const char* encoding :
         {"stack: []", "stack: [rope]", "stack: [rope, {rerope: {window: 3}}]", "stack: [alibi]",
          "stack: [rope, {window: {size: 3, sinks: 1}}]", "stack: [rope, log_n]", "stack: [sinusoidal]",
          "stack: [t5_bias]", "layers: {rest: [rope, {window: {size: 3}}], last: [log_n]}"}) {
      INFO(encoding << " in " << settings);
      const auto writing = Decoding::model(settings, encoding);
      const GenerateOptions options{.tokens = 6, .sampling = {.temperature = 0}, .chunk = 3, .keep_logits = true};
      Decoding::check_rows_alone(*writing, Decoding::ragged(), options);
      const Generation together = generate(*writing, Decoding::ragged(), options);
      CHECK(difference_from_one_pass(*writing, Decoding::ragged(), together) < 1e-10);
    }
  }
}

TEST_CASE("gates, groups of heads and factors that follow the context are exact in ragged batches") {
  const at::NoGradGuard off;
  const GenerateOptions options{.tokens = 6, .sampling = {.temperature = 0}, .chunk = 3, .keep_logits = true};
  for (const char* encoding : {"stack: [forget]", "stack: [rope, ntk]", "stack: [rope, {cosine: {length: visible}}]"}) {
    INFO(encoding);
    const auto writing = Decoding::model(Decoding::architectures()[0], encoding);
    Decoding::check_rows_alone(*writing, Decoding::ragged(), options);
  }
  const auto grouped = Decoding::model(
      "{name: decoder, width: 16, layers: 2, mixer: {heads: 4}}",
      "groups: {near: {heads: 2, stack: [rope, {window: {size: 3}}]}, far: {heads: 2, stack: [alibi]}}");
  Decoding::check_rows_alone(*grouped, Decoding::ragged(), options);
  for (const char* cross : {"[]", "[rope]", "[log_n]", "[{temperature: {factor: 0}}]"}) {
    INFO("cross " << cross);
    const auto writing =
        Decoding::model(Decoding::architectures()[2], "{stack: [rope], cross: {stack: " + std::string(cross) + "}}");
    Decoding::check_rows_alone(*writing, Decoding::ragged(), options);
  }
}

TEST_CASE("a stop ends its row, the others go on, and what is drawn stays what it was") {
  const at::NoGradGuard off;
  for (const std::string& settings : Decoding::architectures()) {
    INFO(settings);
    const auto writing = Decoding::model(settings, "stack: [rope]");
    GenerateOptions options{.tokens = 12, .random = Random(3), .keep_logits = true};
    const Generation free = generate(*writing, Decoding::ragged(), options);
    // What row 0 wrote third and fourth ends it, and whoever else writes the same.
    options.stop = {{free.tokens[0][2].item<int64_t>(), free.tokens[0][3].item<int64_t>()}};
    const Generation stopped = generate(*writing, Decoding::ragged(), options);
    CHECK(stopped.ended[0]);
    CHECK(stopped.lengths[0] <= 4);
    for (int64_t row = 0; row < 4; ++row) {
      const int64_t length = stopped.lengths[static_cast<size_t>(row)];
      CHECK(at::equal(stopped.tokens[row].narrow(0, 0, length), free.tokens[row].narrow(0, 0, length)));
      CHECK((stopped.ended[static_cast<size_t>(row)] || length == 12));
    }
    CHECK(difference_from_one_pass(*writing, Decoding::ragged(), stopped) < 1e-10);
  }
}

TEST_CASE("one beam is greedy writing, and several are told best first") {
  const at::NoGradGuard off;
  for (const std::string& settings : Decoding::architectures()) {
    INFO(settings);
    const auto writing = Decoding::model(settings, "stack: [rope]");
    GenerateOptions options{.tokens = 7, .sampling = {.temperature = 0}, .keep_logits = true};
    const Generation greedy = generate(*writing, Decoding::ragged(), options);
    const Generation narrow = beam_search(*writing, read_prompts(*writing, Decoding::ragged(), 3, [] { return true; }),
                                          options, [] { return true; });
    CHECK(at::equal(narrow.tokens, greedy.tokens));
    CHECK(Decoding::furthest(narrow.logits, greedy.logits) < 1e-10);
    options.beams = 3;
    const Generation searched = generate(*writing, Decoding::ragged(), options);
    CHECK(difference_from_one_pass(*writing, Decoding::ragged(), searched) < 1e-10);
    for (size_t row = 0; row < 4; ++row) {
      REQUIRE(searched.beams[row].size() == 3);
      CHECK(std::is_sorted(searched.beams[row].begin(), searched.beams[row].end(),
                           [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; }));
      CHECK(searched.log_probabilities[static_cast<int64_t>(row)].sum().item<double>() ==
            Approx(searched.beams[row][0].score));
    }
    // Of a beam of two, one place is taken by an end at once: what is left is a beam of one.
    options.beams = 2;
    options.stop = {{greedy.tokens[0][0].item<int64_t>()}};
    const Generation ended = generate(*writing, Decoding::ragged(), options);
    CHECK(ended.beams[0].size() == 2);
    CHECK(std::any_of(ended.beams[0].begin(), ended.beams[0].end(),
                      [](const Hypothesis& one) { return one.ended && one.tokens.size() == 1; }));
  }
}

TEST_CASE("a beam as wide as all texts finds the likeliest of all") {
  const at::NoGradGuard off;
  for (size_t which : {0U, 1U, 2U}) {
    const auto writing = Decoding::model(Decoding::architectures()[which], "stack: [rope]", 4);
    const std::vector<Tensor> prompts{Decoding::prompt(5, 7, 4), Decoding::prompt(3, 8, 4)};
    const GenerateOptions options{.tokens = 3, .sampling = {.temperature = 0}, .beams = 64};
    const Generation found = generate(*writing, prompts, options);
    for (size_t row = 0; row < prompts.size(); ++row) {
      std::vector<int64_t> best;
      const double highest = Decoding::best_of_all(*writing, prompts[row], 3, 4, best);
      CHECK(found.beams[row].size() == 64);
      CHECK(found.beams[row].front().tokens == best);
      CHECK(found.beams[row].front().score == Approx(highest));
    }
  }
}

TEST_CASE("a length penalty compares texts by their mean log-probability") {
  const at::NoGradGuard off;
  const auto writing = Decoding::model(Decoding::architectures()[0], "stack: [rope]", 4);
  GenerateOptions options{.tokens = 5, .sampling = {.temperature = 0}, .stop = {{2}}, .beams = 6};
  for (const double alpha : {0.0, 0.5, 1.0}) {
    options.length_penalty = alpha;
    const Generation found = generate(*writing, std::vector<Tensor>{Decoding::prompt(5, 7, 4)}, options);
    for (const Hypothesis& one : found.beams[0]) {
      double sum = 0;
      for (const double log : one.log_probabilities) sum += log;
      CHECK(one.score == Approx(sum / std::pow(static_cast<double>(one.tokens.size()), alpha)));
      CHECK(one.ended == (one.tokens.back() == 2));
    }
  }
}

TEST_CASE("beams of equal scores keep the smaller tokens") {
  const at::NoGradGuard off;
  const auto writing = Decoding::model(Decoding::architectures()[0], "stack: [rope]", 4);
  for (Tensor& parameter : writing->parameters()) parameter.zero_();  // every token is as likely
  const Generation found = generate(*writing, std::vector<Tensor>{Decoding::prompt(5, 7, 4)},
                                    {.tokens = 2, .sampling = {.temperature = 0}, .beams = 5});
  std::vector<std::vector<int64_t>> texts;
  for (const Hypothesis& one : found.beams[0]) texts.push_back(one.tokens);
  CHECK(texts == std::vector<std::vector<int64_t>>{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {1, 0}});
}

TEST_CASE("what cannot be written is refused in one sentence, in every architecture") {
  using Catch::Contains;
  const auto encoder = Decoding::model("{name: encoder, width: 12, layers: 1, mixer: {heads: 2}}", "stack: [rope]");
  const auto writing = Decoding::model(Decoding::architectures()[0], "stack: [rope]");
  const auto attempt = [&](Model& model, const GenerateOptions& options) {
    return refusal([&] { generate(model, Decoding::ragged(), options); });
  };
  CHECK_THAT(attempt(*encoder, {}), Contains("an encoder writes none"));
  CHECK_THAT(attempt(*writing, {.beams = 0}), Contains("0 beams"));
  CHECK_THAT(attempt(*writing, {.beams = 2}), Contains("temperature 0"));
  CHECK_THAT(attempt(*writing, {.sampling = {.temperature = 0}, .length_penalty = 1}), Contains("more beams"));
  CHECK_THAT(attempt(*writing, {.stop = {{}}}), Contains("a stop is one token or more"));
  CHECK_THAT(refusal([&] { generate(*writing, std::vector<Tensor>{}, {}); }), Contains("no prompt"));
}
