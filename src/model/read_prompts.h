// Reading prompts before anything is written: of one length all at once, of different lengths one by one.
#pragma once

#include "model/model.h"

#include <functional>
#include <vector>

namespace lx {

/// What a model is left with after its prompts.
struct ReadPrompts {
  Memories memories;  // of all prompts as one batch
  Tensor hidden;      // [B,1,C]: of each prompt's last token; undefined when `complete` is not so
  bool complete = true;
};

/// prompts: [T_b] int64 each. A prompt is an example whose tokens but the last are input: an encoder-decoder encodes
/// them, a UniLM reads them in one pass, a decoder in passes of `chunk` tokens (a model that follows the context's
/// length: in one). `goes_on` is asked after each pass. Rows of a batch are what they would be alone.
ReadPrompts read_prompts(Model& model, const std::vector<Tensor>& prompts, int64_t chunk,
                         const std::function<bool()>& goes_on);

/// Prompts, [B,T] int64, as examples that this architecture reads.
Batch arranged_prompts(const Model& model, const Tensor& prompts);

/// These rows of the batch (memory.h), of every layer's memory.
Memories select(const Memories& memories, const Tensor& rows);

}  // namespace lx
