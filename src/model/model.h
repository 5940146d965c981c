// A model: tokens in, logits out. Training, evaluation and generation know nothing else about it.
#pragma once

#include "attention/memory.h"
#include "attention/visibility.h"
#include "base/random.h"
#include "config/node.h"
#include "tensor/batch.h"

#include <torch/nn/module.h>

#include <memory>
#include <vector>

namespace lx {

using Memories = std::vector<Memory>;  // one a layer

class HeadGroups;
class AttentionWatch;

class Model : public torch::nn::Module {
 public:
  /// Final hidden states, [B,T,C]. With `memories` (empty at first), batch.tokens continue what was read before.
  virtual Tensor hidden(const Batch& batch, Memories* memories = nullptr) = 0;
  /// [...,C] -> [...,V]
  virtual Tensor readout(const Tensor& hidden) = 0;
  virtual int64_t vocabulary() const = 0;
  /// True when a modifier in use at test time looks at the total length: decoding then differs from one pass.
  virtual bool depends_on_context() const { return false; }
  /// The longest text it reads when testing (a table of positions ends); longer ones are refused.
  virtual int64_t longest_text() const { return kAll; }
  /// The attention of each layer, for those who look into it; a model without any has none.
  virtual std::vector<const HeadGroups*> head_groups() const { return {}; }
  /// From now on `watch` sees the attention of each call; null: nobody does.
  void show_attention_to(AttentionWatch* watch) { watch_ = watch; }

  Tensor logits(const Batch& batch, Memories* memories = nullptr) { return readout(hidden(batch, memories)); }

 protected:
  AttentionWatch* watch_ = nullptr;
};

int64_t parameter_count(const Model& model);

/// Where its parameters lie; a model without any computes on the CPU.
at::Device device_of(const Model& model);

/// What a model must know besides its YAML.
struct ModelContext {
  int64_t vocabulary = 256;
  int64_t trained_length = 512;  // N
};

/// `model`: the model section; `encoding`: the encoding section (a stack, or stacks by layer); `post_hoc`: a list of
/// modifiers appended for one evaluation variant (null: none). Parameters keep their names, so that weights trained
/// without `post_hoc` load strictly; a post-hoc modifier with parameters of its own is refused.
std::shared_ptr<Model> build_model(const config::Node& model, const config::Node& encoding,
                                   const config::Node& post_hoc, const ModelContext& context, Random init);

}  // namespace lx
