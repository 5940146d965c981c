#include "model/one_stack.h"

#include "base/error.h"

#include <ATen/ATen.h>

namespace lx {

OneStack::OneStack(const Config& config, const ModelParts& parts, Sight sight)
    : EmbeddedModel(config, parts, config.layers),
      trunk_(config, {.layers = config.layers,
                      .sight = sight,
                      .encoding = parts.encoding,
                      .post_hoc = parts.post_hoc,
                      .trained_length = parts.context.trained_length,
                      .init = parts.init}) {
  trunk_.adopt_into(*this);
  make_output(config, parts, config.layers);
}

Tensor OneStack::hidden(const Batch& batch, Memories* memories) {
  require(!batch.source.defined(), "a model of one stack reads no source: use an encoder-decoder");
  Given given;
  given.visible = visibility(batch);
  given.watch = watch_;
  return trunk_.forward(embed(batch.tokens), given, is_training(), memories);
}

Work OneStack::work(const Batch& batch, const Past& past) const {
  const int64_t rows = batch.tokens.size(0), queries = batch.tokens.size(1);
  Work work;
  trunk_.add_work(work, {.batch = rows,
                         .queries = queries,
                         .before = past.tokens,
                         .visible = visibility(batch),
                         .training = is_training()});
  add_output_work(work, rows * queries);
  return work;
}

}  // namespace lx
