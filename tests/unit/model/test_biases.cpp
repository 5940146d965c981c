// Biases by name: which parameters there are, what they are added to, and what is refused.
#include "catch.h"
#include "config/fields.h"
#include "model/biases.h"
#include "model/mixer.h"
#include "unit/model/built.h"
#include "unit/model/refusal.h"

using namespace lx;

namespace {

struct BiasNames {
  static std::vector<std::string> of(const std::string& model, const std::string& stack = "[rope]") {
    std::vector<std::string> biases;
    for (const std::string& name : parameter_names(*built(model, stack)))
      if (name.starts_with("layers.0.") && name.find("bias") != std::string::npos) biases.push_back(name.substr(9));
    return biases;
  }
  static std::vector<std::string> attention(const std::string& bias) {
    return of("{width: 12, layers: 1, mixer: {heads: 2, key_heads: 1, bias: " + bias + "}}");
  }
  static std::vector<std::string> gau(const std::string& bias) {
    return of("{width: 12, layers: 1, mixer: {name: gau, key_width: 6, bias: " + bias + "}}");
  }
  static std::vector<std::string> feed_forward(const std::string& bias) {
    return of("{width: 12, layers: 1, mixer: {heads: 2}, feed_forward: {activation: swiglu, bias: " + bias + "}}");
  }
};

using Names = std::vector<std::string>;

struct Written {
  Biases bias{{"one", "two"}};
  static constexpr auto fields() { return std::tuple{config::field("bias", &Written::bias, "which have one")}; }
  static std::string dumped(const std::string& yaml) {
    return config::dump(config::read<Written>(config::parse_yaml("bias: " + yaml, "x.yaml"))).find("bias")->is_list()
               ? "list"
               : config::to_json(
                     *config::dump(config::read<Written>(config::parse_yaml("bias: " + yaml, "x.yaml"))).find("bias"));
  }
};

}  // namespace

TEST_CASE("only biases that are named are there, and all of a fused map are one") {
  CHECK(BiasNames::attention("false").empty());
  CHECK(BiasNames::attention("[]").empty());
  CHECK(BiasNames::attention("true") == Names{"mixer.project.bias", "mixer.output.bias"});
  CHECK(BiasNames::attention("[output, value, key, query]") == BiasNames::attention("true"));
  CHECK(BiasNames::attention("[query, key]") == Names{"mixer.project.bias_query", "mixer.project.bias_key"});
  CHECK(BiasNames::attention("[value, output]") == Names{"mixer.project.bias_value", "mixer.output.bias"});
  CHECK(BiasNames::gau("[query, key]") == Names{"mixer.query_bias", "mixer.key_bias"});
  CHECK(BiasNames::gau("[gate, value, shared]") == Names{"mixer.project.bias"});
  CHECK(BiasNames::gau("[shared]") == Names{"mixer.project.bias_shared"});
  CHECK(BiasNames::gau("true").size() == 4);
  CHECK(BiasNames::feed_forward("true") == Names{"feed_forward.inner.bias", "feed_forward.output.bias"});
  CHECK(BiasNames::feed_forward("[output]") == Names{"feed_forward.output.bias"});
}

TEST_CASE("some biases of a fused map equal all of them with the others at zero") {
  const auto yaml = [](const std::string& bias) {
    return "{width: 12, layers: 2, mixer: {heads: 2, key_heads: 1, bias: " + bias + "}}";
  };
  const auto all = built(yaml("[query, key, value]")), some = built(yaml("[query, value]"));
  const at::NoGradGuard off;
  at::manual_seed(2);
  for (const auto& item : some->named_parameters())
    if (item.key().find("bias_") != std::string::npos) item.value().normal_();
  for (const char* layer : {"layers.0.", "layers.1."}) {
    const auto mine = some->named_parameters();
    const std::string project = std::string(layer) + "mixer.project.";
    Tensor whole = all->named_parameters()[project + "bias"];  // 12 of queries, 6 of keys, 6 of values
    whole.narrow(0, 0, 12).copy_(mine[project + "bias_query"]);
    whole.narrow(0, 18, 6).copy_(mine[project + "bias_value"]);
  }
  const Tensor tokens = some_tokens();
  const Tensor a = all->logits({.tokens = tokens}), b = some->logits({.tokens = tokens});
  CHECK((a - b).abs().max().item<double>() < 1e-12);
  CHECK((b - built(yaml("false"))->logits({.tokens = tokens})).abs().max().item<double>() > 1e-3);
}

TEST_CASE("biases of queries and keys say what the modifier qk_bias says") {
  const at::NoGradGuard off;
  for (const std::string mixer : {"name: attention, heads: 2, key_heads: 1", "name: gau, key_width: 6"}) {
    INFO(mixer);
    const auto named = built("{width: 12, layers: 1, mixer: {" + mixer + ", bias: [query, key]}}");
    const auto modified = built("{width: 12, layers: 1, mixer: {" + mixer + "}}", "[rope, qk_bias]");
    at::manual_seed(2);
    const bool gau = mixer.find("gau") != std::string::npos;
    auto mine = named->named_parameters(), theirs = modified->named_parameters();
    for (const std::string side : {"query", "key"}) {
      const Tensor own = mine["layers.0.mixer." + (gau ? side + "_bias" : "project.bias_" + side)];
      own.normal_();
      const Tensor other = theirs["layers.0.mixer.stack.qk_bias." + side];
      other.copy_(own.view(other.sizes()));
    }
    const Tensor tokens = some_tokens();
    CHECK((named->logits({.tokens = tokens}) - modified->logits({.tokens = tokens})).abs().max().item<double>() <
          1e-12);
  }
}

TEST_CASE("gradients of biases are right") {
  for (const char* mixer :
       {"{heads: 2, bias: [query, value]}", "{name: gau, key_width: 6, bias: [gate, query, output]}",
        "{name: gau, key_width: 6, bias: true}"}) {
    INFO(mixer);
    const auto model =
        built("{width: 12, layers: 1, feed_forward: {bias: [inner]}, mixer: " + std::string(mixer) + "}");
    const Tensor tokens = some_tokens();
    CHECK(worst_slope(*model, [&] { return model->logits({.tokens = tokens}).sin().sum(); }) < 1e-6);
  }
}

TEST_CASE("biases are written as true, false or a list, and read back as they were") {
  CHECK(Written::dumped("true") == "true");
  CHECK(Written::dumped("no") == "false");
  CHECK(Written::dumped("[]") == "false");
  CHECK(Written::dumped("[two, one]") == "true");
  CHECK(Written::dumped("[two]") == "list");
  const auto why = [](const std::string& bias) {
    return refusal([&] { config::read<Written>(config::parse_yaml("bias: " + bias, "x.yaml")); });
  };
  CHECK_THAT(why("[tow]"), Catch::Contains("x.yaml:1:8") && Catch::Contains("bias[0]") && Catch::Contains("two"));
  CHECK_THAT(why("[one, one]"), Catch::Contains("'one' is named twice"));
  CHECK_THAT(why("some"), Catch::Contains("bias"));
  CHECK(config::help<Written>().front().type == "bool or list of str");
}
