// Laws of strict reading: conversions, messages, dump and help.
#include "config/fields.h"
#include "unit/config/helpers.h"

#include <cmath>

namespace lx::config {

enum class Shape { cosine, linear, off };
template <>
struct EnumNames<Shape> {
  static constexpr std::array<std::pair<std::string_view, Shape>, 3> names{
      {{"cosine", Shape::cosine}, {"linear", Shape::linear}, {"off", Shape::off}}};
};

namespace {

struct Schedule {
  Shape shape = Shape::cosine;
  int64_t warmup = 100;
  static constexpr auto fields() {
    return std::tuple{field("shape", &Schedule::shape, "form of the decay"),
                      field("warmup", &Schedule::warmup, "steps of warmup", not_negative())};
  }
};

struct Training {
  int64_t steps = 10;
  double lr = 1e-3;
  bool clip = true;
  std::string name = "adamw";
  std::optional<double> dropout;
  std::vector<int64_t> lengths{1, 2};
  std::map<std::string, double> weights;
  Schedule schedule;
  Node extra;
  static constexpr auto fields() {
    return std::tuple{field("steps", &Training::steps, "optimizer steps", at_least(1)),
                      field("lr", &Training::lr, "peak learning rate", positive()),
                      field("clip", &Training::clip, "clip the gradient"),
                      field("name", &Training::name, "which optimizer"),
                      field("dropout", &Training::dropout, "share of dropped values", fraction()),
                      field("lengths", &Training::lengths, "lengths", positive()),
                      field("weights", &Training::weights, "weights by name"),
                      field("schedule", &Training::schedule, "learning rate over time"),
                      field("extra", &Training::extra, "anything")};
  }
};

Training training(const std::string& text) { return read<Training>(yaml(text), "train"); }
std::string training_error(const std::string& text) {
  return error_of([&] { training(text); });
}

}  // namespace

TEST_CASE("keys that are absent keep their defaults") {
  const Training config = training("{}");
  CHECK(config.steps == 10);
  CHECK(config.lengths == std::vector<int64_t>{1, 2});
  CHECK(read<Training>(yaml("lr: 2"), "", Training{.steps = 7}).steps == 7);
}

TEST_CASE("values convert as OmegaConf converts them") {
  CHECK(training("steps: '250'").steps == 250);
  CHECK(training("lr: 2").lr == 2.0);
  CHECK(training("lr: '1e-2'").lr == 0.01);
  CHECK(std::isinf(training("lr: inf").lr));
  for (const char* yes : {"true", "yes", "'on'", "'Y'", "'1'", "1"}) CHECK(training("clip: " + std::string(yes)).clip);
  for (const char* no : {"false", "no", "'off'", "'N'", "'0'", "0"})
    CHECK_FALSE(training("clip: " + std::string(no)).clip);
  CHECK(training("name: 12").name == "12");
  CHECK(training("name: 1e-5").name == "1e-05");
  CHECK(training("name: true").name == "True");
  CHECK(training("dropout: 0.5").dropout == 0.5);
  CHECK_FALSE(training("dropout: null").dropout.has_value());
  CHECK(training("lengths: [4, '5']").lengths == std::vector<int64_t>{4, 5});
  CHECK(training("weights: {a: 1, b: 2.5}").weights == std::map<std::string, double>{{"a", 1.0}, {"b", 2.5}});
  CHECK(training("schedule: {shape: linear}").schedule.shape == Shape::linear);
  CHECK(to_json(training("extra: {free: [1]}").extra) == R"({"free": [1]})");
}

TEST_CASE("a value of the wrong type is named with its place, type and full key") {
  CHECK(training_error("lr: 1\nsteps: ten") ==
        "t.yaml:2:8: Value 'ten' of type 'str' could not be converted to Integer (full_key: train.steps)");
  CHECK(training_error("steps: 2.0") ==
        "t.yaml:1:8: Value '2.0' of type 'float' could not be converted to Integer (full_key: train.steps)");
  CHECK(contains(training_error("steps: true"), "Value 'True' of type 'bool' could not be converted to Integer"));
  CHECK(contains(training_error("steps: '1.5'"), "could not be converted to Integer"));
  CHECK(contains(training_error("lr: fast"), "Value 'fast' of type 'str' could not be converted to Float"));
  CHECK(contains(training_error("clip: maybe"), "Value 'maybe' of type 'str' could not be converted to Boolean"));
  CHECK(contains(training_error("clip: 1.0"), "could not be converted to Boolean"));
  CHECK(contains(training_error("name: [1]"), "Value '[1]' of type 'list' could not be converted to String"));
  CHECK(contains(training_error("lengths: 3"),
                 "Value '3' of type 'int' could not be converted to list (full_key: train.lengths)"));
  CHECK(contains(training_error("lengths: [1, x]"), "full_key: train.lengths[1]"));
  CHECK(contains(training_error("weights: {a: x}"), "full_key: train.weights.a"));
  CHECK(contains(training_error("schedule: 3"), "could not be converted to dict (full_key: train.schedule)"));
  CHECK(training_error("steps: null") ==
        "t.yaml:1:8: field 'steps' is not Optional: null is not allowed here (full_key: train.steps)");
  CHECK(contains(training_error("schedule: null"), "field 'schedule' is not Optional"));
}

TEST_CASE("an unknown key is refused with a spelling hint and the known keys") {
  CHECK(training_error("lr: 1\nstepz: 3") ==
        "t.yaml:2:1: Key 'stepz' not in 'train'; did you mean 'steps'? (full_key: train.stepz; known: steps, lr, clip, "
        "name, dropout, lengths, "
        "weights, schedule, extra)");
  CHECK(contains(training_error("schedule: {warm: 3}"), "Key 'warm' not in 'train.schedule'"));
  CHECK(contains(error_of([] { read<Training>(yaml("x: 1")); }),
                 "Key 'x' not in the configuration (full_key: x; known: "));
}

TEST_CASE("an unknown word of an enum lists the known ones, and a bare off is explained") {
  CHECK(training_error("schedule: {shape: linar}") ==
        "t.yaml:1:19: Invalid value 'linar', expected one of [cosine, linear, off]; did you mean 'linear'? (full_key: "
        "train.schedule.shape)");
  CHECK(contains(training_error("schedule: {shape: off}"), "YAML reads bare yes, no, on and off as bool: quote it"));
  CHECK(training("schedule: {shape: 'off'}").schedule.shape == Shape::off);
}

TEST_CASE("numbers out of bounds are refused, also within lists") {
  CHECK(training_error("steps: 0") ==
        "t.yaml:1:8: Value '0' is out of range: it must be at least 1 (full_key: train.steps)");
  CHECK(contains(training_error("lr: 0"), "it must be above 0"));
  CHECK(contains(training_error("lr: .nan"), "it must be above 0"));
  CHECK(contains(training_error("dropout: 1.0"), "it must be at least 0 and below 1"));
  CHECK(contains(training_error("lengths: [1, 0]"), "full_key: train.lengths[1]"));
}

TEST_CASE("reading ??? says which mandatory value is missing") {
  CHECK(training_error("steps: ???") == "t.yaml:1:8: Missing mandatory value: train.steps");
}

TEST_CASE("dump and read are inverse, and help lists every key with type, default and sentence") {
  const Training config = training("{steps: 3, dropout: 0.25, weights: {a: 1}, schedule: {shape: linear}}");
  const Node dumped = dump(config);
  CHECK(to_json(dumped) ==
        R"({"steps": 3, "lr": 0.001, "clip": true, "name": "adamw", "dropout": 0.25, "lengths": [1, 2], )"
        R"("weights": {"a": 1.0}, "schedule": {"shape": "linear", "warmup": 100}, "extra": null})");
  CHECK(dump(read<Training>(dumped)) == dumped);
  const auto keys = help<Training>("train");
  CHECK(keys.size() == 11);
  CHECK(keys[0].path == "train.steps");
  CHECK(keys[0].type == "int");
  CHECK(keys[0].default_value == "10");
  CHECK(keys[0].doc == "optimizer steps");
  CHECK(keys[8].path == "train.schedule.shape");
  CHECK(keys[8].type == "cosine|linear|off");
}

}  // namespace lx::config
