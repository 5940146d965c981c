// Cross-attention: a decoder's layer reads what the encoder made of the source (Vaswani et al. 2017). Multi-head,
// whatever mixes tokens within a text, with a stack of modifiers of its own; without any it knows no positions (as T5,
// Raffel et al. 2020). With some, the source stands before the output, as if both were one text (Stack::plan_across).
#pragma once

#include "model/mixer.h"
#include "model/parts.h"

#include <memory>

namespace lx {

struct CrossConfig {
  int64_t heads = 4, key_heads = 0, head_dim = 0;
  bool bias = false;
  static constexpr auto fields() {
    return std::tuple{
        config::field("heads", &CrossConfig::heads, "query heads that read the source", config::at_least(1)),
        config::field("key_heads", &CrossConfig::key_heads, "key and value heads; 0: as many", config::not_negative()),
        config::field("head_dim", &CrossConfig::head_dim, "width of a head; 0: width / heads", config::not_negative()),
        config::field("bias", &CrossConfig::bias, "biases on the projections")};
  }
};

/// What the encoder made of the source.
struct Source {
  Tensor hidden;   // [B,S,C]
  Tensor lengths;  // [B] int64 on the CPU: tokens that exist; undefined: S
};

class CrossAttention : public torch::nn::Module {
 public:
  CrossAttention(const CrossConfig& config, const MixerContext& context);
  /// x [B,T,C] -> [B,T,C]; what it says of rows whose source is empty means nothing. With memory, keys and values of
  /// the source are made once and `source` may be null afterwards; `read`: tokens of the output before x.
  Tensor forward(const Tensor& x, const Source* source, const Given& given, int64_t read, Memory* memory) const;
  const HeadGroups& groups() const { return groups_; }
  /// Adds what forward() computes and remembers in such a call.
  void add_work(Work& work, const Call& call) const;

 private:
  int64_t heads_, key_heads_, head_dim_;
  double dropout_;
  std::shared_ptr<Linear> query_, source_, output_;
  HeadGroups groups_;
};

}  // namespace lx
