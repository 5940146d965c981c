// A sink: one more logit in the softmax that holds no value, so that a head may attend to nothing. Learned per head as
// in gpt-oss (OpenAI 2025, arXiv 2508.10925); fixed at 0 it is the off-by-one softmax e^z / (1 + sum e^z) (Miller 2023;
// "zero sink" in Xiao et al. 2023, arXiv 2309.17453). Public copies of the latter subtract the largest logit m from z
// and still add 1, which must then be e^-m; here it is a logit among the others, so the question does not arise. It is
// scaled by nothing and turned by nothing. gpt-oss publishes no starting value; 0 is that of public code.
#include "encoding/register.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

struct Sink final : ScoreModifier {
  struct Config {
    bool learned = true;
    double value = 0;
    static constexpr auto fields() {
      return std::tuple{config::field("learned", &Config::learned, "a parameter for each head; otherwise fixed"),
                        config::field("value", &Config::value, "the logit; where learned, its start")};
    }
  };
  Tensor logit;  // [H]

  Sink(Config c, const Shape& shape) {
    logit = at::full({shape.heads}, c.value, c.learned ? at::kFloat : at::kDouble);
    if (c.learned) logit = parameter("logit", logit);
  }

  void add(Addends& addends, const Scene& scene) const override {
    addends.add_sink(scene.hidden.defined() ? logit.to(scene.hidden.device()) : logit);
  }

  Traits traits() const override { return {.gives_sink = true}; }

  void define(PairRule& rule) const override {
    rule.sink.push_back([this](int64_t h) { return number(logit, {h}); });
  }
};

REGISTER_MODIFIER(Sink, "sink", "one more logit that holds no value; fixed at 0 the off-by-one softmax",
                  "OpenAI 2025, arXiv 2508.10925; Xiao 2023, arXiv 2309.17453");

}  // namespace
}  // namespace lx
