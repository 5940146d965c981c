// Multi-head attention with grouped keys (Vaswani et al. 2017; Ainslie et al. 2023, arXiv 2305.13245).
#include "model/mixer.h"
#include "model/parts.h"

#include <ATen/ATen.h>

#include <utility>

namespace lx {
namespace {

class AttentionMixer final : public Mixer {
 public:
  static constexpr bool kGatedUnit = false;

  struct Config {
    int64_t heads = 4, key_heads = 0, head_dim = 0;
    Biases bias{{"query", "key", "value", "output"}};
    static constexpr auto fields() {
      return std::tuple{
          config::field("heads", &Config::heads, "query heads", config::at_least(1)),
          config::field("key_heads", &Config::key_heads,
                        "key and value heads, shared by groups of query heads; 0: as many", config::not_negative()),
          config::field("head_dim", &Config::head_dim, "width of a head; 0: width / heads", config::not_negative()),
          config::field("bias", &Config::bias,
                        "biases on the projections: true, false or a list of those that have one: query, key, value, "
                        "output")};
    }
  };

  AttentionMixer(Config config, const MixerContext& context) : dropout_(context.dropout) {
    const Shape shape = context.shape(config.heads, config.key_heads, config.head_dim, "model.mixer");
    heads_ = shape.heads;
    key_heads_ = shape.key_heads;
    head_dim_ = shape.head_dim;
    HeadGroups groups = context.make_groups(shape);
    const Initialiser& init = context.initialiser;
    const int64_t inner = (heads_ + 2 * key_heads_) * head_dim_;
    const std::vector<Linear::Stretch> stretches{{"query", heads_ * head_dim_, config.bias.has("query")},
                                                 {"key", key_heads_ * head_dim_, config.bias.has("key")},
                                                 {"value", key_heads_ * head_dim_, config.bias.has("value")}};
    project_ = register_module(
        "project", std::make_shared<Linear>(init.matrix("project", inner, context.width, false), stretches));
    output_ = register_module("output",
                              std::make_shared<Linear>(init.matrix("output", context.width, heads_ * head_dim_, true),
                                                       config.bias.has("output")));
    adopt(std::move(groups));
  }

  Tensor forward(Tensor x, const Given& given, Memory* memory) override {
    const int64_t batch = x.size(0), length = x.size(1);
    auto parts = project_->parts(x);  // what lives during attention is all that long texts need: no name for the rest
    const auto heads = [&](Tensor& part) {
      return std::exchange(part, Tensor()).view({batch, length, -1, head_dim_}).transpose(1, 2);
    };
    Tensor q = heads(parts[0]), k = heads(parts[1]), v = heads(parts[2]);
    x = groups().seen(std::move(x), is_training());
    const Tensor mixed = groups()
                             .attend(std::move(q), std::move(k), std::move(v), x, given, is_training(), memory)
                             .transpose(1, 2)
                             .reshape({batch, length, heads_ * head_dim_});
    return drop(output_->forward(mixed), dropout_, is_training());
  }

  void add_work(Work& work, const Call& call) const override {
    const int64_t rows = call.batch * call.queries;
    work.mixers += project_->operations(rows) + output_->operations(rows);
    add_attention(work, groups(), head_dim_, call);
  }

 private:
  int64_t heads_, key_heads_, head_dim_;
  double dropout_;
  std::shared_ptr<Linear> project_, output_;
};

REGISTER_MIXER(AttentionMixer, "attention", "multi-head attention with grouped keys",
               "Vaswani 2017, arXiv 1706.03762; grouped keys: Ainslie 2023, arXiv 2305.13245");

}  // namespace
}  // namespace lx
