// A model: tokens in, logits out. Training, evaluation and generation know nothing else about it.
#pragma once

#include "attention/memory.h"
#include "attention/visibility.h"
#include "base/random.h"
#include "config/node.h"
#include "model/workload.h"
#include "ops/vocabulary_loss.h"
#include "tensor/batch.h"

#include <torch/nn/module.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lx {

using Memories = std::vector<Memory>;  // one a layer

class HeadGroups;
class AttentionWatch;

/// The attention of one layer and where it stands: "layer 3", "encoder layer 3", "cross layer 3".
struct PlacedGroups {
  std::string place;
  const HeadGroups* groups;
  std::string part;          // "encoder", "decoder", "cross"; empty: the only one
  Order sees = Order::past;  // before modifiers have their say, and but for a prefix
};

class Model : public torch::nn::Module {
 public:
  /// What this architecture reads and is judged on of an example as a task gives it. Targets stay beside the tokens
  /// that predict them; what the architecture does not write (an encoder's source) has none.
  virtual Batch arrange(Batch example) const;
  /// Can it be trained and judged so?
  virtual bool answers(Asks asked) const { return asked == Asks::next_token; }
  /// Final hidden states of an arranged batch, [B,T,C]. With `memories` (empty at first), batch.tokens continue what
  /// was read before.
  virtual Tensor hidden(const Batch& batch, Memories* memories = nullptr) = 0;
  /// [...,C] -> [...,V]
  virtual Tensor readout(const Tensor& hidden) = 0;
  /// readout() of rows [R,C] as one product, for those who need what logits say and not the logits; nothing where it is
  /// no such product.
  virtual std::optional<VocabularyMap> vocabulary_map(const Tensor& /*rows*/) const { return {}; }
  virtual int64_t vocabulary() const = 0;
  /// True when a modifier in use at test time looks at the total length: decoding then differs from one pass.
  virtual bool depends_on_context() const { return false; }
  /// The longest text it reads when testing (a table of positions ends); longer ones are refused.
  virtual int64_t longest_text() const { return kAll; }
  /// The attention of each layer, for those who look into it; a model without any has none.
  virtual std::vector<PlacedGroups> head_groups() const { return {}; }
  /// What a person should know of it before training, a sentence each.
  virtual std::vector<std::string> remarks() const { return {}; }
  /// From now on `watch` sees the attention of each call; null: nobody does.
  void show_attention_to(AttentionWatch* watch) { watch_ = watch; }

  Tensor logits(const Batch& batch, Memories* memories = nullptr) { return readout(hidden(batch, memories)); }

  /// What logits() multiplies and remembers for such a batch, after what was read before; by formula, in the mode
  /// (training or not) the model is in. Only the shapes, prefix and lengths of the batch are read. Throws Error where a
  /// model does not say.
  virtual Work work(const Batch& batch, const Past& past = {}) const;

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
  // Of a text that is split into an input and an output (encoder-decoder), in training; 0: N.
  int64_t input_length = 0, output_length = 0;
};

/// `model`: the model section; `encoding`: the encoding section (a stack, or stacks by layer, or by part of a model);
/// `post_hoc`: a list of modifiers appended for one evaluation variant (null: none). Parameters keep their names, so
/// that weights trained without `post_hoc` load strictly; a post-hoc modifier with parameters of its own is refused.
std::shared_ptr<Model> build_model(const config::Node& model, const config::Node& encoding,
                                   const config::Node& post_hoc, const ModelContext& context, Random init);

}  // namespace lx
