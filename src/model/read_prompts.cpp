#include "model/read_prompts.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace lx {
namespace {

struct PromptReader {
  Model& model;
  int64_t chunk;
  const std::function<bool()>& goes_on;

  ReadPrompts alike(const Tensor& prompts) const {  // [B,T]
    const at::Device device = device_of(model);
    const auto there = [&](const Tensor& x) { return x.defined() ? x.to(device) : x; };
    const Batch all = arranged_prompts(model, prompts);
    const int64_t length = all.tokens.size(1);
    // Tokens of a prefix see each other, so that none can be read before the others.
    const int64_t once = model.depends_on_context() || all.prefix.defined() ? length : chunk;
    ReadPrompts read;
    for (int64_t from = 0; read.complete && from < length; from += once) {
      Batch batch;
      batch.tokens = there(all.tokens.narrow(1, from, std::min(once, length - from)));
      batch.prefix = there(all.prefix);
      if (from == 0) {
        batch.source = there(all.source);
        batch.source_lengths = all.source_lengths;
      }
      read.hidden = model.hidden(batch, &read.memories);
      read.complete = goes_on();
    }
    read.hidden = read.hidden.narrow(1, read.hidden.size(1) - 1, 1);
    return read;
  }

  ReadPrompts one_by_one(const std::vector<Tensor>& prompts) const {
    std::vector<Memories> each;
    std::vector<Tensor> hidden;
    for (const Tensor& prompt : prompts) {
      ReadPrompts one = alike(prompt.unsqueeze(0));
      if (!one.complete) return one;
      each.push_back(std::move(one.memories));
      hidden.push_back(one.hidden);
    }
    ReadPrompts all;
    all.hidden = at::cat(hidden, 0);
    for (size_t layer = 0; layer < each.front().size(); ++layer) {
      std::vector<Memory> rows;
      for (Memories& one : each) rows.push_back(std::move(one[layer]));
      all.memories.push_back(batch_of(rows));
    }
    return all;
  }
};

}  // namespace

Batch arranged_prompts(const Model& model, const Tensor& prompts) {
  Batch example;
  example.tokens = prompts;
  example.prefix = at::full({prompts.size(0)}, prompts.size(1) - 1, at::kLong);
  return model.arrange(example);
}

ReadPrompts read_prompts(Model& model, const std::vector<Tensor>& prompts, int64_t chunk,
                         const std::function<bool()>& goes_on) {
  const PromptReader reader{model, chunk, goes_on};
  const bool alike = std::all_of(prompts.begin(), prompts.end(),
                                 [&](const Tensor& prompt) { return prompt.size(0) == prompts.front().size(0); });
  return alike ? reader.alike(at::stack(prompts)) : reader.one_by_one(prompts);
}

Memories select(const Memories& memories, const Tensor& rows) {
  Memories some;
  for (const Memory& memory : memories) some.push_back(select(memory, rows));
  return some;
}

}  // namespace lx
