// Gated attention unit with one head, as in Su's GAU-alpha (Hua et al. 2022, arXiv 2202.10447; kexue.fm 8934, 9052):
//   [U|V|Z] = act(x W + b), q = Z * gain_q + b_q, k = Z * gain_k + b_k, out = (U * attend(q, k, V)) W_o
// It replaces attention and feed-forward alike; two of them weigh about as much as one such pair.
#include "model/mixer.h"
#include "model/parts.h"
#include "model/stretches.h"
#include "ops/activation.h"
#include "ops/gated_unit.h"

#include <ATen/ATen.h>

#include <utility>

namespace lx {
namespace {

class GauMixer final : public Mixer {
 public:
  static constexpr bool kGatedUnit = true;

  struct Config {
    int64_t key_width = 128, inner_width = 0;
    Biases bias{{"gate", "value", "shared", "query", "key", "output"}};
    static constexpr auto fields() {
      return std::tuple{config::field("key_width", &Config::key_width, "width of the one head's queries and keys",
                                      config::at_least(1)),
                        config::field("inner_width", &Config::inner_width,
                                      "width of gate and values; 0: twice the model's width", config::not_negative()),
                        config::field("bias", &Config::bias,
                                      "biases: true, false or a list of those that are there: gate, value, shared (the "
                                      "maps [U|V|Z]), query, key (behind the gains), output")};
    }
  };

  GauMixer(Config config, const MixerContext& context)
      : key_width_(config.key_width),
        inner_width_(config.inner_width > 0 ? config.inner_width : 2 * context.width),
        dropout_(context.dropout) {
    HeadGroups groups = context.make_groups(context.shape(1, 1, key_width_, "model.mixer"));
    const Initialiser& init = context.initialiser;
    const std::vector<Linear::Stretch> stretches{{"gate", inner_width_, config.bias.has("gate")},
                                                 {"value", inner_width_, config.bias.has("value")},
                                                 {"shared", key_width_, config.bias.has("shared")}};
    project_ = register_module(
        "project", std::make_shared<Linear>(
                       init.matrix("project", 2 * inner_width_ + key_width_, context.width, false, 3), stretches));
    output_ =
        register_module("output", std::make_shared<Linear>(init.matrix("output", context.width, inner_width_, true, 3),
                                                           config.bias.has("output")));
    query_gain_ = register_parameter("query_gain", at::ones({key_width_}));
    key_gain_ = register_parameter("key_gain", at::ones({key_width_}));
    if (config.bias.has("query")) query_bias_ = register_parameter("query_bias", at::zeros({key_width_}));
    if (config.bias.has("key")) key_bias_ = register_parameter("key_bias", at::zeros({key_width_}));
    adopt(std::move(groups));
  }

  Tensor forward(Tensor x, const Given& given, Memory* memory) override {
    if (by_stretches(x)) return read_long(x, given, memory);
    const GatedParts parts = gated_parts(project_->forward(x), {query_gain_, query_bias_}, {key_gain_, key_bias_});
    const Tensor read = groups().attend(parts.query.unsqueeze(1), parts.key.unsqueeze(1), parts.value.unsqueeze(1), x,
                                        given, is_training(), memory);  // [B,1,T,E]
    return drop(output_->forward(times(parts.gate, read.squeeze(1))), dropout_, is_training());
  }

  void add_work(Work& work, const Call& call) const override {
    const int64_t rows = call.batch * call.queries;
    work.mixers += project_->operations(rows) + output_->operations(rows);
    add_attention(work, groups(), inner_width_, call);
  }

 private:
  /// forward() of many rows without gradients: gates are made when they are needed, some rows at a time.
  Tensor read_long(const Tensor& x, const Given& given, Memory* memory) {
    enum : size_t { kGate, kValue, kShared };
    const auto activated = [&](const Tensor& some, size_t stretch) { return lx::silu(project_->part(some, stretch)); };
    Tensor v = activated(x, kValue).unsqueeze(1), k = activated(x, kShared).unsqueeze(1);
    Tensor q = k.clone().mul_(query_gain_);
    k.mul_(key_gain_);
    if (query_bias_.defined()) q.add_(query_bias_);
    if (key_bias_.defined()) k.add_(key_bias_);
    const Tensor read = groups()
                            .attend(std::move(q), std::move(k), std::move(v), groups().seen(x, is_training()), given,
                                    is_training(), memory)
                            .reshape({-1, inner_width_});  // [B T,E]
    const Tensor rows = x.reshape({-1, x.size(-1)});
    const Tensor out = in_stretches(rows.size(0), [&](int64_t from, int64_t count) {
      return output_->forward(times(activated(rows.narrow(0, from, count), kGate), read.narrow(0, from, count)));
    });
    return drop(out.view(x.sizes()), dropout_, is_training());
  }

  int64_t key_width_, inner_width_;
  double dropout_;
  std::shared_ptr<Linear> project_, output_;
  Tensor query_gain_, key_gain_, query_bias_, key_bias_;
};

REGISTER_MIXER(GauMixer, "gau", "gated attention unit with one head, as in Su's GAU-alpha",
               "Hua 2022, arXiv 2202.10447");

}  // namespace
}  // namespace lx
