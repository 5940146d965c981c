// Mixers by depth: which layer has which, and what is refused with its place.
#include "catch.h"
#include "model/layer_keys.h"
#include "model/mixer_layers.h"
#include "unit/model/built.h"
#include "unit/model/refusal.h"

using namespace lx;

namespace {

const char* const kMixed =
    "{width: 16, layers: 5, norm: {place: post}, mixer: {layers: {rest: {name: gau, key_width: 8}, "
    "every 2: {name: attention, heads: 2}, last: {heads: 4, bias: [query]}}}}";

std::string mixers_refused(const std::string& yaml, int64_t layers = 4) {
  return refusal([&] { check_mixers(config::parse_yaml(yaml, "m.yaml"), layers, "model.mixer"); });
}

}  // namespace

TEST_CASE("each layer has the mixer that the schedule names, and a feed-forward part unless it is gated") {
  const auto model = built(kMixed);
  const auto names = parameter_names(*model);
  const auto has = [&](int64_t layer, const std::string& name) {
    return std::count(names.begin(), names.end(), fmt::format("layers.{}.{}", layer, name)) == 1;
  };
  for (const int64_t layer : {0, 2}) {
    CHECK(has(layer, "mixer.query_gain"));
    CHECK_FALSE(has(layer, "feed_forward.inner.weight"));
  }
  for (const int64_t layer : {1, 3, 4}) {
    CHECK_FALSE(has(layer, "mixer.query_gain"));
    CHECK(has(layer, "feed_forward.inner.weight"));
    CHECK(has(layer, "feed_forward_norm.gain"));
  }
  CHECK(has(4, "mixer.project.bias_query"));
  CHECK_FALSE(has(3, "mixer.project.bias_query"));
  CHECK(model->head_groups()[1].groups->list().front().stack.shape().heads == 2);
  CHECK(model->head_groups()[4].groups->list().front().stack.shape().heads == 4);
}

TEST_CASE("a mixed model decodes token by token and has right gradients") {
  const auto model = built(kMixed);
  const Tensor tokens = some_tokens();
  CHECK(worst_slope(*model, [&] { return model->logits({.tokens = tokens}).sin().sum(); }) < 1e-6);
  const at::NoGradGuard off;
  Memories memories;
  std::vector<Tensor> steps;
  for (int64_t t = 0; t < tokens.size(1); ++t)
    steps.push_back(model->logits({.tokens = tokens.narrow(1, t, 1)}, &memories));
  CHECK((at::cat(steps, 1) - model->logits({.tokens = tokens})).abs().max().item<double>() < 1e-10);
}

TEST_CASE("one mixer for all layers is a schedule of rest") {
  const auto plain = built("{width: 16, layers: 3, mixer: {name: gau, key_width: 8}}");
  const auto rest = built("{width: 16, layers: 3, mixer: {layers: {rest: {name: gau, key_width: 8}}}}");
  CHECK(at::equal(plain->logits({.tokens = some_tokens()}), rest->logits({.tokens = some_tokens()})));
}

TEST_CASE("mistakes in a schedule of mixers are told with their place") {
  using Catch::Contains;
  CHECK(mixers_refused("{layers: {rest: {name: gau}, every 2: {heads: 2}}}") == "no error");
  CHECK_THAT(mixers_refused("{layers: {rset: {name: gau}}}"), Contains("m.yaml:1:") && Contains("rest"));
  CHECK_THAT(mixers_refused("{layers: {rest: {}, 4: {}}}"), Contains("there is no layer 4: the model has 4"));
  CHECK(mixers_refused("{layers: {rest: {}, 4: {}}}", kLayersUnknown) == "no error");
  CHECK_THAT(mixers_refused("{name: gau, layers: {rest: {}}}"), Contains("not both") && Contains("model.mixer"));
  CHECK_THAT(mixers_refused("{layers: {rest: {name: gua}, 1: {hedas: 2}}}"),
             Contains("did you mean 'gau'?") && Contains("did you mean 'heads'?") && Contains("model.mixer.layers.1"));
  CHECK_THAT(mixers_refused("{layers: [gau]}"), Contains("model.mixer.layers"));
  CHECK_THAT(refusal([] { built("{width: 16, layers: 3, mixer: {layers: {first: {}, last: {}}}}"); }),
             Contains("no entry for layer 1") && Contains("model.mixer.layers"));
}
