// Laws every model keeps under every encoding: decoding equals one pass, the past never sees the future, names are
// stable.
#include "base/error.h"
#include "base/files.h"
#include "catch.h"
#include "config/interpolate.h"
#include "config/yaml.h"
#include "encoding/register.h"
#include "laws/subjects.h"
#include "model/mixer.h"
#include "model/model.h"
#include "ops/precision.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

using namespace lx;

namespace {

constexpr int64_t kTrained = 8, kTokens = 24;

struct Subject {
  std::string name;
  config::Node encoding;
};

/// Every method in configs/encoding, and every mechanism alone on top of RoPE with its defaults.
std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const auto& entry : fs::directory_iterator("configs/encoding")) {
    if (entry.path().extension() == ".yaml")
      all.push_back({entry.path().stem().string(), config::load_yaml(entry.path())});
  }
  for (const std::string& name : modifiers().names()) {
    const std::string stack = in_company(name, laws::law_shape());
    if (laws::make_stack(stack, laws::law_shape()).traits(false).looks_ahead) continue;  // no model for a decoder
    all.push_back({stack, config::parse_yaml("stack: " + stack, name)});
  }
  std::sort(all.begin(), all.end(), [](const Subject& a, const Subject& b) { return a.name < b.name; });
  return all;
}

std::vector<std::string> shapes() {
  return {"{name: decoder, width: 16, layers: 3, mixer: {name: attention, heads: 4, key_heads: 2, head_dim: 8}}",
          "{name: decoder, width: 12, layers: 3, mixer: {name: gau, key_width: 8}, norm: {kind: rms, gain: false, "
          "place: post}}"};
}

std::shared_ptr<Model> make_model(const std::string& yaml, const config::Node& encoding,
                                  const std::string& variant = "[]") {
  return build_model(config::parse_yaml(yaml, "model"), encoding,
                     *config::parse_yaml("v: " + variant, "variant").find("v"),
                     {.vocabulary = 11, .trained_length = kTrained}, Random(1));
}

Tensor random_tokens(int64_t batch, int64_t length) {
  at::manual_seed(length);
  return at::randint(0, 11, {batch, length}, at::kLong);
}

/// How many tokens the laws read: three trained lengths, or one where a table of positions refuses more.
int64_t readable(Model& model) {
  try {
    const at::NoGradGuard off;
    model.hidden({.tokens = random_tokens(1, kTokens)});
    return kTokens;
  } catch (const DoesNotApply& refusal) {
    CHECK(std::string(refusal.what()).find('\n') == std::string::npos);
    return kTrained;
  }
}

double gap(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

/// float64 throughout, so that a law is broken by logic and never by rounding.
std::shared_ptr<Model> exact(std::shared_ptr<Model> model) {
  model->to(at::kDouble);
  model->eval();
  return model;
}

config::Node settle(const config::Node& encoding) {  // references, as the run's configuration would resolve them
  config::Node root = config::parse_yaml(fmt::format("{{length: {}, model: {{layers: 3}}}}", kTrained), "run");
  root.set("encoding", encoding);
  return *config::resolve(root).find("encoding");
}

/// Methods without order, or defined for the past only, refuse a prefix in one sentence.
bool prefix_applies(Model& model, const Tensor& tokens, const Tensor& prefix) {
  try {
    model.hidden({.tokens = tokens, .prefix = prefix});
    return true;
  } catch (const Error& refusal) {
    CHECK(std::string(refusal.what()).find('\n') == std::string::npos);
    return false;
  }
}

/// Groups share out heads, and a gated attention unit has one.
bool heads_suffice(const config::Node& encoding, const std::string& shape) {
  return !encoding.find("groups") || shape.find("gau") == std::string::npos;
}

/// Some of its queries look ahead: an encoder's method, which decoders refuse.
bool for_encoders(const config::Node& encoding) {
  return config::to_json(encoding).find(R"("sees": "future")") != std::string::npos;
}

template <class Law>
void for_each_model(Law law) {
  for (const Subject& subject : subjects()) {
    for (const std::string& shape : shapes()) {
      INFO(subject.name << " in " << shape);
      if (!heads_suffice(subject.encoding, shape)) {
        CHECK_THROWS_WITH(make_model(shape, settle(subject.encoding)), Catch::Contains("but the layer has 1"));
        continue;
      }
      if (for_encoders(subject.encoding)) {
        CHECK_THROWS_AS(make_model(shape, settle(subject.encoding)), DoesNotApply);
        continue;
      }
      law(exact(make_model(shape, settle(subject.encoding))));
    }
  }
}

}  // namespace

TEST_CASE("decoding token by token equals one pass") {
  const at::NoGradGuard off;
  for_each_model([](const std::shared_ptr<Model>& model) {
    if (model->depends_on_context()) return;  // one factor for the whole pass: excused, and recorded with every result
    const int64_t length = readable(*model), first = length / 5 + 1;
    const Tensor tokens = random_tokens(2, length);
    const Tensor whole = model->logits({.tokens = tokens});
    Memories memories;
    std::vector<Tensor> steps;
    int64_t from = 0;
    for (const int64_t to : {first, first + 1, first + 2, 2 * length / 3, length}) {
      steps.push_back(model->logits({.tokens = tokens.narrow(1, from, to - from)}, &memories));
      from = to;
    }
    CHECK(gap(at::cat(steps, 1), whole) < 1e-10);
  });
}

TEST_CASE("in bfloat16 every model says and learns what it does in float32, but for rounding") {
  for_each_model([](const std::shared_ptr<Model>& model) {
    model->to(at::kFloat);
    model->train();
    const Tensor tokens = random_tokens(2, std::min<int64_t>(readable(*model), kTrained));
    const auto parameters = model->parameters();
    const auto run = [&](Precision in) {
      const UsePrecision use(in);
      at::manual_seed(3);
      const Tensor logits = model->logits({.tokens = tokens});
      CHECK(logits.scalar_type() == at::kFloat);
      const auto slopes = torch::autograd::grad({logits.square().sum()}, parameters, {}, {}, false, true);
      std::vector<Tensor> flat;
      for (size_t i = 0; i < slopes.size(); ++i)
        flat.push_back(slopes[i].defined() ? slopes[i].flatten() : at::zeros({parameters[i].numel()}));
      return std::pair{logits.detach(), at::cat(flat)};
    };
    const auto [exact_logits, exact_slopes] = run(Precision::fp32);
    const auto [logits, slopes] = run(Precision::bf16);
    CHECK(at::isfinite(slopes).all().item<bool>());
    // Eight bits a factor, a dozen products on the way; all slopes together point the same way.
    CHECK(gap(logits, exact_logits) < 0.1 * exact_logits.abs().max().item<double>());
    const double alike = (slopes.dot(exact_slopes) / (slopes.norm() * exact_slopes.norm())).item<double>();
    CHECK(alike > 0.99);
    // A token by itself, as decoding asks it.
    const UsePrecision half(Precision::bf16);
    const at::NoGradGuard off;
    model->eval();
    Memories memories;
    model->logits({.tokens = tokens.narrow(1, 0, 2)}, &memories);
    CHECK(at::isfinite(model->logits({.tokens = tokens.narrow(1, 2, 1)}, &memories)).all().item<bool>());
  });
}

TEST_CASE("a token never sees what follows it") {
  const at::NoGradGuard off;
  for_each_model([](const std::shared_ptr<Model>& model) {
    const int64_t length = readable(*model), from = 5 * length / 8;
    const Tensor tokens = random_tokens(2, length);
    Tensor changed = tokens.clone();
    changed.narrow(1, from, length - from).add_(1).remainder_(11);
    const Tensor a = model->logits({.tokens = tokens}), b = model->logits({.tokens = changed});
    CHECK(gap(a.narrow(1, 0, from), b.narrow(1, 0, from)) == 0);
    CHECK(gap(a.narrow(1, from, 1), b.narrow(1, from, 1)) > 1e-9);
  });
}

TEST_CASE("tokens of a prefix see each other, and what follows stays causal") {
  const at::NoGradGuard off;
  for_each_model([](const std::shared_ptr<Model>& model) {
    const int64_t length = readable(*model);
    const Tensor tokens = random_tokens(1, length), prefix = at::tensor({6}, at::kLong);
    if (!prefix_applies(*model, tokens, prefix)) return;
    Tensor in_prefix = tokens.clone(), behind = tokens.clone();
    in_prefix.narrow(1, 1, 5).add_(1).remainder_(11);
    behind.narrow(1, 6, length - 6).add_(1).remainder_(11);
    const Tensor a = model->hidden({.tokens = tokens, .prefix = prefix});
    CHECK(gap(a.narrow(1, 0, 1), model->hidden({.tokens = in_prefix, .prefix = prefix}).narrow(1, 0, 1)) > 1e-12);
    CHECK(gap(a.narrow(1, 0, 6), model->hidden({.tokens = behind, .prefix = prefix}).narrow(1, 0, 6)) == 0);
  });
}

TEST_CASE("a prefix of nothing is the causal model") {
  const at::NoGradGuard off;
  for_each_model([](const std::shared_ptr<Model>& model) {
    const Tensor tokens = random_tokens(2, readable(*model));
    CHECK(gap(model->logits({.tokens = tokens, .prefix = at::zeros({2}, at::kLong)}),
              model->logits({.tokens = tokens})) < 1e-10);
  });
}

TEST_CASE("every parameter learns") {
  for_each_model([](const std::shared_ptr<Model>& model) {
    const Tensor tokens = random_tokens(3, readable(*model));
    model->train();
    model->logits({.tokens = tokens}).square().sum().backward();
    for (const auto& item : model->named_parameters()) {
      INFO(item.key());
      REQUIRE(item.value().grad().defined());
      CHECK(item.value().grad().abs().max().item<double>() > 0);
    }
  });
}

TEST_CASE("float32 agrees with float64, fused parts included") {
  for (const std::string& shape : shapes()) {
    for (const char* norm : {"", ", norm: {kind: rms}", ", norm: {kind: rms, gain: false}", ", norm: {bias: true}",
                             ", norm: {place: sandwich}"}) {
      std::string yaml = shape.substr(0, shape.find(", norm"));
      if (yaml.back() != '}' || shape.find(", norm") != std::string::npos) yaml += "}";
      yaml.insert(yaml.size() - 1, norm);
      INFO(yaml);
      const auto encoding = config::parse_yaml("stack: [rope, key_norm, {rerope: {window: 5}}]", "encoding");
      auto single = make_model(yaml, encoding);
      auto twice = exact(make_model(yaml, encoding));
      single->eval();
      const Tensor tokens = random_tokens(2, kTokens), probe = at::randn({2, kTokens, 11}, at::kDouble);
      const Tensor a = single->logits({.tokens = tokens}), b = twice->logits({.tokens = tokens});
      CHECK(gap(a.to(at::kDouble), b) < 1e-4);
      (a * probe.to(at::kFloat)).sum().backward();
      (b * probe).sum().backward();
      auto ours = single->named_parameters(), theirs = twice->named_parameters();
      for (const auto& item : ours) {
        INFO(item.key());
        const Tensor want = theirs[item.key()].grad();
        CHECK(gap(item.value().grad().to(at::kDouble), want) < 1e-3 * (1 + want.abs().max().item<double>()));
      }
    }
  }
}

TEST_CASE("parameters are named by what they are, never by place in a list") {
  const auto encoding = config::parse_yaml("stack: [rope, log_n, qk_bias]", "encoding");
  const auto model = make_model("{width: 8, layers: 2, mixer: {name: attention, heads: 2}}", encoding);
  std::vector<std::string> names;
  for (const auto& item : model->named_parameters()) names.push_back(item.key());
  CHECK(std::find(names.begin(), names.end(), "layers.1.mixer.stack.qk_bias.query") != names.end());
  const auto variant =
      make_model("{width: 8, layers: 2, mixer: {name: attention, heads: 2}}", encoding, "[{rerope: {window: 4}}]");
  std::vector<std::string> with_variant;
  for (const auto& item : variant->named_parameters()) with_variant.push_back(item.key());
  CHECK(names == with_variant);
}

TEST_CASE("the same seed builds the same weights, whatever else the model has") {
  const auto encoding = config::parse_yaml("stack: [rope]", "encoding");
  const auto weights = [&](const char* yaml, const char* name) {
    return make_model(yaml, encoding)->named_parameters()[name].clone();
  };
  const Tensor one = weights("{width: 8, layers: 2, mixer: {heads: 2}}", "layers.0.mixer.project.weight");
  CHECK(at::equal(one, weights("{width: 8, layers: 2, mixer: {heads: 2}}", "layers.0.mixer.project.weight")));
  CHECK(at::equal(
      one, weights("{width: 8, layers: 2, output: untied, mixer: {heads: 2}}", "layers.0.mixer.project.weight")));
}

TEST_CASE("impossible models are refused in one sentence") {
  using Catch::Contains;
  const auto error = [](const std::string& model, const std::string& encoding,
                        const std::string& variant = "[]") -> std::string {
    try {
      make_model(model, config::parse_yaml(encoding, "encoding"), variant);
    } catch (const Error& e) {
      return e.what();
    }
    return "no error";
  };
  CHECK_THAT(error("{width: 10, mixer: {heads: 4}}", "stack: []"), Contains("width (10)") && Contains("heads (4)"));
  CHECK_THAT(error("{width: 12, mixer: {heads: 4, key_heads: 3}}", "stack: []"), Contains("multiple of key_heads (3)"));
  CHECK_THAT(error("{width: 12, mixer: {heads: 4}}", "stack: [rope]"), Contains("must be even, got 3"));
  CHECK_THAT(error("{mixer: {name: attenion}}", "stack: []"), Contains("did you mean 'attention'?"));
  CHECK_THAT(error("{widht: 4}", "stack: []"), Contains("did you mean 'width'?"));
  CHECK_THAT(error("{name: decoder}", "stak: []"), Contains("did you mean 'stack'?"));
  CHECK_THAT(error("{layers: 2}", "layers: {last: []}"), Contains("no entry for layer 0"));
  CHECK_THAT(error("{layers: 2}", "layers: {5: [], rest: []}"), Contains("there is no layer 5"));
  CHECK_THAT(error("{name: decoder}", "stack: [rope]", "[qk_bias]"), Contains("learned parameters"));
  CHECK_THAT(error("{name: decoder}", "stack: []", "[pi]"), Contains("add rope before it"));
  CHECK(error("{layers: 2}", "layers: {first: [rope], last: []}", "[pi]") == "no error");
}
