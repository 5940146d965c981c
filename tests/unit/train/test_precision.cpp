// Training in bf16: every architecture learns what it learns in fp32, and a run keeps to one precision.
#include "base/error.h"
#include "catch.h"
#include "config/yaml.h"
#include "ops/precision.h"
#include "tiny.h"

#include <ATen/ATen.h>

#include <cmath>

using namespace lx;
using namespace lx::tiny;

namespace {

struct Precisions {
  static constexpr int64_t kSteps = 30;

  static std::shared_ptr<Model> model(const std::string& settings, const std::string& encoding) {
    const ModelContext context{.vocabulary = kVocabulary, .trained_length = 16, .input_length = 8, .output_length = 8};
    return build_model(config::parse_yaml(settings, "model"), config::parse_yaml(encoding, "encoding"), {}, context,
                       Random(5));
  }

  /// Reads half of each example and writes the other half.
  struct HalfTask final : TinyTask {
    Batch sample(Split split, int64_t length, int64_t count, Random random) const override {
      Batch batch = TinyTask::sample(split, length, count, random);
      batch.prefix = at::full({count}, length / 2, at::kLong);
      batch.targets.narrow(1, 0, length / 2).fill_(kIgnore);
      return batch;
    }
  };

  struct Losses final : Observer {
    void on_step(const StepReport& report) override { all.push_back(report.loss); }
    std::vector<double> all;
  };

  /// The loss of each step.
  static std::vector<double> trained(const std::string& settings, const std::string& encoding, Precision precision) {
    const UsePrecision use(precision);
    const auto made = model(settings, encoding);
    const HalfTask task;
    TrainConfig config = tiny_config("adamw", kSteps);
    config.batch = 8;
    config.log_every = 1;
    Losses losses;
    Observer* const observers[] = {&losses};
    Trainer(*made, task, config, 16, Random(3), fresh_folder("precision")).run(observers);
    for (const Tensor& parameter : made->parameters()) {
      CHECK(parameter.scalar_type() == at::kFloat);
      CHECK(at::isfinite(parameter).all().item<bool>());
    }
    return losses.all;
  }
};

}  // namespace

// A factor in bfloat16 is off by 2^-9 of itself at most, at random: a loss near ln 11 moves by about a thousandth, and
// thirty steps of a learning rate of 0.01 let two runs drift by some more. A wrong gradient moves them by a tenth.
TEST_CASE("thirty steps in bf16 follow thirty steps in fp32") {
  const std::vector<std::pair<std::string, std::string>> models{
      {"{name: decoder, width: 32, layers: 2, mixer: {heads: 2, key_heads: 1, bias: [query]}}", "stack: [rope]"},
      {"{name: decoder, width: 32, layers: 2, output: untied, norm: {kind: layer, place: post, bias: true}, "
       "feed_forward: {activation: gelu, bias: true}, mixer: {heads: 2}}",
       "stack: [alibi]"},
      {"{name: decoder, width: 32, layers: 2, output: projected, mixer: {name: gau, key_width: 16}}", "stack: [rope]"},
      {"{name: unilm, width: 32, layers: 2, mixer: {heads: 2}}", "stack: [rope]"},
      {"{name: encoder_decoder, width: 32, encoder_layers: 1, decoder_layers: 1, mixer: {heads: 2}, cross: {heads: 2}}",
       "stack: [rope]"}};
  for (const auto& [settings, encoding] : models) {
    CAPTURE(settings);
    const auto exact = Precisions::trained(settings, encoding, Precision::fp32);
    const auto fast = Precisions::trained(settings, encoding, Precision::bf16);
    REQUIRE(exact.size() == fast.size());
    CHECK(exact.back() < exact.front() - 0.2);
    double furthest = 0;
    for (size_t i = 0; i < exact.size(); ++i) furthest = std::max(furthest, std::abs(exact[i] - fast[i]));
    CHECK(furthest < 0.03);
    CHECK(furthest > 0);  // it was another precision
  }
}

TEST_CASE("a run begun in one precision is not gone on with in the other") {
  const fs::path folder = fresh_folder("one precision");
  const TinyTask task;
  const auto trainer = [&](Precision precision) {
    const UsePrecision use(precision);
    TinyModel model(1);
    Recorder recorder;
    Trainer made(model, task, tiny_config(), kLength, Random(9), folder);
    (void)made.resume();
    run(made, recorder);
  };
  trainer(Precision::bf16);
  CHECK(find_last(folder)->state.precision == "bf16");
  CHECK_NOTHROW(trainer(Precision::bf16));
  try {
    trainer(Precision::fp32);
    FAIL("fp32 went on where bf16 was");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), Catch::Contains("was trained in bf16, and this run computes in fp32"));
  }
}
