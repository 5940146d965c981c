// How much memory an evaluation of long texts needs beside the weights.
#include "catch.h"
#include "config/yaml.h"
#include "eval/evaluator.h"
#include "stub.h"
#include "tensor/tensor_memory.h"

#include <string>

namespace lx {
namespace {

struct LongText {
  static constexpr int64_t kWidth = 64;

  /// Bytes, of scoring texts of so many tokens one at a time.
  static int64_t peak(const std::string& model, const std::string& stack, int64_t length) {
    StubTask task;
    task.documents = 1;
    EvalConfig config;
    config.lengths = {length};
    config.repeats.reset();
    config.variants.map()["none"] = config::Node(config::List());
    const BuildVariant build = [&](const config::Node& post_hoc) -> Subject {
      return build_model(config::parse_yaml(model, "model"), config::parse_yaml("stack: " + stack, "encoding"),
                         post_hoc, {.vocabulary = task.vocabulary(), .trained_length = 64}, Random(1));
    };
    const Subject built = build(config::Node(config::List()));
    reset_tensor_memory_peak();
    const int64_t held = tensor_memory().now;
    evaluate(config, task, 64, [&](const config::Node&) { return built; });
    return tensor_memory().peak - held;
  }
};

}  // namespace

// A window keeps the attention of a block of rows small, so that what the layers hold is what is seen.
TEST_CASE("scoring a long text holds a few tensors [T,C] at once, never those between two products") {
  constexpr int64_t length = 16384, stream = length * LongText::kWidth * 4;
  const std::string window = "[rope, {window: {size: 32}}]";
  const auto tensors = [&](const std::string& model) {
    return static_cast<double>(LongText::peak(model, window, length)) / stream;
  };
  // Attention: stream, q, k, v, turned q and k, and tables of angles, as wide as two of them at this width of a head.
  CHECK(tensors("{width: 64, layers: 2, mixer: {heads: 2}}") < 10.5);
  // Inner tensors of all rows would be 32, 16 and 16 of these; those of one stretch in four are 16 in all.
  CHECK(tensors("{width: 64, layers: 2, mixer: {heads: 2}, feed_forward: {ratio: 16, activation: swiglu}}") < 20);
  // A gated unit's values and what is read of them are twice as wide.
  CHECK(tensors("{width: 64, layers: 2, mixer: {name: gau, key_width: 32}}") < 11);
}

TEST_CASE("the memory of an evaluation grows no faster than the text") {
  for (const char* stack : {"[rope]", "[alibi]", "[rope, {window: {size: 100}}]"}) {
    INFO(stack);
    const std::string model = "{width: 16, layers: 2, mixer: {heads: 1}}";
    const auto once = static_cast<double>(LongText::peak(model, stack, 4096));
    CHECK(static_cast<double>(LongText::peak(model, stack, 8192)) < 2.1 * once);
  }
}

}  // namespace lx
