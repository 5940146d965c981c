// Where norms stand, how residual branches join the stream, and what DeepNorm scales.
#include "catch.h"
#include "model/parts.h"
#include "model/residual.h"
#include "unit/model/built.h"
#include "unit/model/refusal.h"

using namespace lx;

namespace {

Tensor normed(const Tensor& x) { return at::layer_norm(x, {x.size(-1)}, {}, {}, 1e-5); }

struct Joined {
  NormConfig norm = {.gain = false};
  int64_t blocks = 8;
  Tensor x = at::randn({2, 3, 6}, at::kDouble);

  Tensor operator()(const std::function<Tensor(const Tensor&)>& part) const {
    Stream stream(x);
    Residual(norm, 6, blocks)(stream, part);
    return stream.sum();
  }
};

double apart(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

std::string tiny(const std::string& norm) { return "{width: 8, layers: 2, mixer: {heads: 2}, norm: " + norm + "}"; }

double deviation(const std::string& init, const std::string& norm, const std::string& name, int64_t layers = 4) {
  const auto model =
      built(fmt::format("{{width: 64, layers: {}, mixer: {{heads: 2}}, init: {}, norm: {}}}", layers, init, norm));
  return model->named_parameters()[name].std().item<double>();
}

}  // namespace

TEST_CASE("a part reads the normed stream, the stream, or both ends of it are normed") {
  Joined join;
  const auto part = [](const Tensor& y) { return y.sin() * 3; };
  join.norm.place = NormPlace::pre;
  CHECK(apart(join(part), join.x + part(normed(join.x))) < 1e-12);
  join.norm.place = NormPlace::post;
  CHECK(apart(join(part), normed(join.x + part(join.x))) < 1e-12);
  join.norm.place = NormPlace::sandwich;
  CHECK(apart(join(part), join.x + normed(part(normed(join.x)))) < 1e-12);
}

TEST_CASE("DeepNorm's table: alpha for post-norm, lambda for both, by the kind of optimizer") {
  CHECK(deep_norm_alpha(DeepNorm::none, 8) == 1);
  CHECK(deep_norm_alpha(DeepNorm::sgd, 8) == Approx(2));
  CHECK(deep_norm_alpha(DeepNorm::adam, 8) == Approx(4));
  CHECK(deep_norm_alpha(DeepNorm::lamb, 8) == 1);
  CHECK(deep_norm_lambda(DeepNorm::none, 8) == 1);
  CHECK(deep_norm_lambda(DeepNorm::sgd, 8) == Approx(0.5));
  CHECK(deep_norm_lambda(DeepNorm::adam, 8) == Approx(0.25));
  CHECK(deep_norm_lambda(DeepNorm::lamb, 8) == Approx(0.25));

  Joined join;
  const auto part = [](const Tensor& y) { return y.cos(); };
  for (const auto& [deep, alpha] :
       {std::pair{DeepNorm::sgd, 2.0}, std::pair{DeepNorm::adam, 4.0}, std::pair{DeepNorm::lamb, 1.0}}) {
    join.norm.deep = deep;
    join.norm.place = NormPlace::post;
    CHECK(apart(join(part), normed(alpha * join.x + part(join.x))) < 1e-12);
    join.norm.place = NormPlace::pre;
    CHECK(apart(join(part), join.x + part(normed(join.x))) < 1e-12);
  }
}

TEST_CASE("DeepNorm's lambda takes the place of a scheme's own factor by depth") {
  const std::string feed = "layers.1.feed_forward.output.weight", inner = "layers.1.feed_forward.inner.weight";
  for (const std::string place : {"pre", "post"}) {
    const std::string deep = "{place: " + place + ", deep: sgd}", none = "{place: " + place + "}";
    const double lambda = std::pow(8.0, -0.25);
    CHECK(deviation("{scheme: scaled}", deep, feed) == Approx(lambda / 16).epsilon(0.02));
    CHECK(deviation("{scheme: scaled}", deep, inner) == Approx(lambda / 8).epsilon(0.02));
    CHECK(deviation("{scheme: scaled}", none, feed) == Approx(1. / 32).epsilon(0.02));
    CHECK(deviation("{scheme: normal}", deep, feed) == Approx(0.02 * lambda).epsilon(0.02));
    CHECK(deviation("{scheme: normal}", deep, inner) == Approx(0.02 * lambda).epsilon(0.02));
    CHECK(deviation("{scheme: normal}", none, inner) == Approx(0.02).epsilon(0.02));
    CHECK(deviation("{scheme: normal}", none, feed) == Approx(0.02 / std::sqrt(8)).epsilon(0.02));
    CHECK(deviation("{scheme: scaled}", deep, "embedding") == deviation("{scheme: scaled}", none, "embedding"));
  }
}

TEST_CASE("orthogonal matrices are orthogonal, and as large as those of the scaled scheme") {
  const Initialiser init({.scheme = InitScheme::orthogonal}, 4, Random(3));
  const Tensor square = init.orthogonal("a", 12, 12), tall = init.orthogonal("b", 15, 6),
               flat = init.orthogonal("c", 6, 15);
  CHECK(apart(square.mm(square.t()), at::eye(12)) < 1e-5);
  CHECK(apart(tall.t().mm(tall), at::eye(6)) < 1e-5);
  CHECK(apart(flat.mm(flat.t()), at::eye(6)) < 1e-5);
  CHECK(apart(square, init.orthogonal("other", 12, 12)) > 0.1);
  const Tensor inner = init.matrix("inner", 256, 64, false), output = init.matrix("output", 64, 256, true);
  CHECK(apart(inner.t().mm(inner), at::eye(64)) < 1e-4);  // sqrt(256 / 64) by its shape, 1/2 by four layers
  CHECK(apart(output.mm(output.t()), at::eye(64) / 4) < 1e-5);
  CHECK(inner.std().item<double>() == Approx(1. / 16).epsilon(0.02));
  CHECK(deviation("{scheme: orthogonal}", "{}", "layers.0.feed_forward.inner.weight") == Approx(1. / 16).epsilon(0.02));
}

TEST_CASE("each norm has a name of its own, and the ones there were keep theirs") {
  const auto names = [](const std::string& norm) { return parameter_names(*built(tiny(norm))); };
  const auto has = [](const std::vector<std::string>& all, const std::string& name) {
    return std::count(all.begin(), all.end(), name) == 1;
  };
  for (const std::string place : {"pre", "post", "sandwich"}) {
    const auto all = names("{place: " + place + "}");
    INFO(place);
    CHECK(has(all, "layers.1.mixer_norm.gain"));
    CHECK(has(all, "layers.1.feed_forward_norm.gain"));
    CHECK(has(all, "layers.1.mixer_norm_out.gain") == (place == "sandwich"));
    CHECK(has(all, "layers.1.feed_forward_norm_out.gain") == (place == "sandwich"));
    CHECK(has(all, "final_norm.gain") == (place != "post"));
  }
}

TEST_CASE("cross-attention has a residual connection like every part") {
  const auto model = [](const std::string& norm) {
    return built(
        "{name: encoder_decoder, width: 8, encoder_layers: 1, decoder_layers: 2, mixer: {heads: 2}, "
        "cross: {heads: 2}, norm: " +
        norm + "}");
  };
  const auto names = parameter_names(*model("{place: sandwich}"));
  for (const char* name : {"cross_norm.gain", "cross_norm_out.gain"})
    CHECK(std::count(names.begin(), names.end(), std::string("decoder.layers.1.") + name) == 1);
  for (const char* norm : {"{place: sandwich}", "{place: post, deep: adam}"}) {
    INFO(norm);
    const auto pair = model(norm);
    const Batch batch{.tokens = some_tokens(), .source = some_tokens().flip(1)};
    CHECK(worst_slope(*pair, [&] { return pair->logits(batch).sin().sum(); }) < 1e-6);
  }
}

TEST_CASE("gradients are right wherever norms stand") {
  for (const char* norm : {"{place: post, deep: adam}", "{place: sandwich, bias: true}", "{place: pre, deep: sgd}",
                           "{place: sandwich, kind: rms}"}) {
    INFO(norm);
    const auto model = built(tiny(norm));
    const Tensor tokens = some_tokens();
    CHECK(worst_slope(*model, [&] { return model->logits({.tokens = tokens}).sin().sum(); }) < 1e-6);
  }
}

TEST_CASE("a sandwich has no use for DeepNorm and refuses it") {
  const std::string why = refusal([] { built(tiny("{place: sandwich, deep: adam}")); });
  CHECK_THAT(why, Catch::Contains("model.norm.deep: adam") && Catch::Contains("place: post"));
}
