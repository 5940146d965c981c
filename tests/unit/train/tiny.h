// A model and a task small enough to train hundreds of times in a test.
#pragma once

#include "config/node.h"
#include "model/model.h"
#include "task/task.h"
#include "tensor/draw.h"
#include "tensor/safetensors.h"
#include "train/trainer.h"

#include <ATen/ATen.h>

#include <bit>
#include <functional>
#include <map>
#include <unistd.h>
#include <vector>

namespace lx::tiny {

constexpr int64_t kVocabulary = 11, kWidth = 6, kLength = 8;

/// Embedding, a gained hidden layer with dropout, a linear readout with bias. Not much of a language model.
struct TinyModel final : Model {
  Tensor embed, mix, gain, head, bias;
  double dropout;

  explicit TinyModel(uint64_t seed, double dropout_share = 0.1) : dropout(dropout_share) {
    Random random(seed);
    embed = register_parameter("embed", normal_tensor(random, {kVocabulary, kWidth}));
    mix = register_parameter("mix", normal_tensor(random, {kWidth, kWidth}) * 0.4);
    gain = register_parameter("gain", at::ones({kWidth}));
    head = register_parameter("head", normal_tensor(random, {kWidth, kVocabulary}) * 0.4);
    bias = register_parameter("bias", at::zeros({kVocabulary}));
    register_buffer("scale", at::full({}, 1.5f));
  }
  Tensor hidden(const Batch& batch, Memories*) override {
    const Tensor x = at::embedding(embed, batch.tokens);
    return at::dropout(x.matmul(mix).tanh() * gain, dropout, is_training());
  }
  Tensor readout(const Tensor& x) override { return x.matmul(head) * *named_buffers().find("scale") + bias; }
  int64_t vocabulary() const override { return kVocabulary; }
};

/// The next token is 3 t + 1 with some noise; one target in eight is not judged.
struct TinyTask : Task {
  int64_t vocabulary() const override { return kVocabulary; }
  double bytes_per_token() const override { return 1; }
  std::string content_hash() const override { return "tiny"; }
  Text text(const TextRequest&) const override { return {}; }
  Batch sample(Split, int64_t length, int64_t count, Random random) const override {
    Batch batch{at::empty({count, length}, at::kLong), at::empty({count, length}, at::kLong), {}, {}};
    int64_t* tokens = batch.tokens.data_ptr<int64_t>();
    int64_t* targets = batch.targets.data_ptr<int64_t>();
    for (int64_t row = 0; row < count; ++row) {
      auto token = static_cast<int64_t>(random.below(kVocabulary));
      for (int64_t t = 0; t < length; ++t) {
        tokens[row * length + t] = token;
        token = random.below(10) == 0 ? static_cast<int64_t>(random.below(kVocabulary)) : (3 * token + 1) % kVocabulary;
        targets[row * length + t] = random.below(8) == 0 ? kIgnore : token;
      }
    }
    return batch;
  }
};

inline config::Node named(const std::string& name) {
  config::Node node{config::Map{}};
  node.set("name", name);
  return node;
}

inline TrainConfig tiny_config(const std::string& optimizer = "adamw", int64_t steps = 12) {
  TrainConfig config;
  config.batch = 4;
  config.budget.steps = steps;
  config.optimizer = named(optimizer);
  config.optimizer.set("lr", 0.01);
  config.schedule = named("cosine");
  config.validate = {4, 6};
  config.checkpoint.every = 3;
  return config;
}

/// Remembers everything as bits, by step.
struct Recorder : Observer {
  std::map<int64_t, uint64_t> losses, norms, rates, valid;
  std::vector<SkipReport> skips;
  std::vector<fs::path> saves;
  std::function<void(int64_t)> after_step = [](int64_t) {};
  void on_step(const StepReport& r) override {
    losses[r.step] = std::bit_cast<uint64_t>(r.loss);
    norms[r.step] = std::bit_cast<uint64_t>(r.grad_norm);
    rates[r.step] = std::bit_cast<uint64_t>(r.lr);
    after_step(r.step);
  }
  void on_valid(const ValidReport& r) override { valid[r.step] = std::bit_cast<uint64_t>(r.loss); }
  void on_skip(const SkipReport& r) override { skips.push_back(r); }
  void on_save(const SaveReport& r) override { saves.push_back(r.path); }
  double loss(int64_t step) const { return std::bit_cast<double>(losses.at(step)); }
};

inline Outcome run(Trainer& trainer, Recorder& recorder) {
  Observer* const observers[] = {&recorder};
  return trainer.run(observers);
}

/// A folder of this process, emptied.
inline fs::path fresh_folder(const std::string& name) {
  const fs::path folder = fs::temp_directory_path() / ("lx-test-train-" + std::to_string(::getpid())) / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

inline bool same_weights(Model& a, Model& b) {
  const NamedTensors x = named_tensors(a), y = named_tensors(b);
  for (size_t i = 0; i < x.size(); ++i)
    if (x[i].first != y[i].first || !at::equal(x[i].second, y[i].second)) return false;
  return x.size() == y.size();
}

}  // namespace lx::tiny
