#include "model/cross_attention.h"

#include <ATen/ATen.h>

#include <utility>

namespace lx {

CrossAttention::CrossAttention(const CrossConfig& config, const MixerContext& context) : dropout_(context.dropout) {
  const Shape shape = context.shape(config.heads, config.key_heads, config.head_dim, "model.cross");
  heads_ = shape.heads;
  key_heads_ = shape.key_heads;
  head_dim_ = shape.head_dim;
  groups_ = context.make_groups(shape);
  const Initialiser& init = context.initialiser;
  const auto map = [&](const char* name, int64_t outputs, int64_t inputs, bool residual) {
    return register_module(name, std::make_shared<Linear>(init.matrix(name, outputs, inputs, residual), config.bias));
  };
  query_ = map("query", heads_ * head_dim_, context.width, false);
  source_ = map("source", 2 * key_heads_ * head_dim_, context.width, false);
  output_ = map("output", context.width, heads_ * head_dim_, true);
  register_parameters(*this, groups_);
}

Tensor CrossAttention::forward(const Tensor& x, const Source* source, const Given& given, int64_t read,
                               Memory* memory) const {
  const int64_t batch = x.size(0), length = x.size(1);
  Tensor k, v, lengths;
  if (memory && memory->key.defined()) {
    k = memory->key;
    v = memory->value;
    lengths = memory->lengths;
  } else {
    const int64_t there = source->hidden.size(1);
    const auto both = source_->forward(source->hidden)
                          .view({batch, there, 2 * key_heads_, head_dim_})
                          .split_with_sizes({key_heads_, key_heads_}, 2);
    k = both[0].transpose(1, 2);
    v = both[1].transpose(1, 2);
    lengths = source->lengths;
    if (memory) {
      memory->key = k;
      memory->value = v;
      memory->lengths = lengths;
      memory->length = there;
    }
  }
  const Tensor q = query_->forward(x).view({batch, length, heads_, head_dim_}).transpose(1, 2);
  const Tensor mixed = groups_.attend_across(q, k, v, x, given, lengths, read, is_training())
                           .transpose(1, 2)
                           .reshape({batch, length, heads_ * head_dim_});
  return drop(output_->forward(mixed), dropout_, is_training());
}

void CrossAttention::add_work(Work& work, const Call& call) const {
  const int64_t rows = call.batch * call.queries, there = call.batch * call.source;
  if (!call.source_remembered) work.cross += source_->operations(there);
  work.cross += query_->operations(rows) + output_->operations(rows) + attention_across(groups_, head_dim_, call);
  work.kept += 2 * there * key_heads_ * head_dim_;
}

}  // namespace lx
