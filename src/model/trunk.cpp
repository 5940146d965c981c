#include "model/trunk.h"

#include "model/layers.h"
#include "model/mixer_layers.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace lx {
namespace {

struct TrunkStacks {
  template <class See>
  static void each(const Trunk& trunk, See see) {
    for (const auto& block : trunk.blocks()) {
      for (const HeadGroup& group : block->mixer().groups().list()) see(group.stack);
      if (!block->cross()) continue;
      for (const HeadGroup& group : block->cross()->groups().list()) see(group.stack);
    }
  }

  static const Stack& first(const Trunk& trunk) {
    return trunk.blocks().front()->mixer().groups().list().front().stack;
  }

  /// Adds absolute positions, which begin behind what was read: by each row, where rows have read different texts.
  static Tensor embed(const Trunk& trunk, const Tensor& x, const Given& given, bool training, const Memory* memory) {
    if (!memory || memory->rows.empty()) return first(trunk).embed(x, given, training, memory ? memory->length : 0);
    std::vector<Tensor> rows;
    for (size_t row = 0; row < memory->rows.size(); ++row)
      rows.push_back(
          first(trunk).embed(x.narrow(0, static_cast<int64_t>(row), 1), given, training, memory->rows[row].length));
    return at::cat(rows, 0);
  }
};

/// Makes the blocks one after another.
struct TrunkBuilder {
  const TrunkConfig& config;
  const TrunkParts& parts;
  Initialiser init;

  MixerContext context(int64_t layer, const Initialiser& own, const char* name, const char* stack_name,
                       const config::Node& encoding, const config::Node& post_hoc, const std::string& path,
                       const std::string& variant_path, int64_t trained) const {
    return {.width = config.width,
            .layer = layer,
            .layers = parts.layers,
            .trained_length = trained,
            .dropout = config.dropout,
            .make_groups =
                [=, &encoding, &post_hoc](Shape shape) {
                  shape.random = own.fork(stack_name).random();
                  return make_head_groups(encoding, post_hoc, shape, path, variant_path);
                },
            .initialiser = own.fork(name)};
  }

  std::shared_ptr<CrossAttention> cross(int64_t layer, const Initialiser& own) const {
    if (!parts.cross) return nullptr;
    return std::make_shared<CrossAttention>(
        *parts.cross, context(layer, own, "cross", "cross stack", *parts.cross_encoding, *parts.cross_post_hoc,
                              "encoding.cross", "variant.cross", parts.trained_source));
  }

  std::shared_ptr<Block> block(int64_t layer) const {
    const Initialiser own = init.fork("layer " + std::to_string(layer));
    const MixerChoice choice = mixer_of_layer(config.mixer, layer, parts.layers, "model.mixer");
    auto mixer = choice.entry.make(choice.settings,
                                   context(layer, own, "mixer", "stack", parts.encoding, parts.post_hoc,
                                           parts.encoding_path, parts.post_hoc_path, parts.trained_length),
                                   choice.path);
    std::shared_ptr<FeedForward> feed_forward;
    if (!choice.entry.gated_unit) {
      feed_forward =
          std::make_shared<FeedForward>(config.feed_forward, config.width, config.dropout, own.fork("feed_forward"));
    }
    return std::make_shared<Block>(config.norm, config.width, parts.layers, std::move(mixer), std::move(feed_forward),
                                   cross(layer, own));
  }
};

}  // namespace

Trunk::Trunk(const TrunkConfig& config, const TrunkParts& parts)
    : name_(parts.name), sees_(parts.sight == Sight::all ? Order::all : Order::past) {
  require(!config.match, "model.match is settled before a model is made: give the sizes themselves");
  check_encoding(parts.encoding, parts.layers, parts.encoding_path);
  check_encoding(parts.post_hoc, parts.layers, parts.post_hoc_path);
  check_mixers(config.mixer, parts.layers, "model.mixer");
  const TrunkBuilder builder{config, parts, Initialiser(config.init, parts.layers, parts.init, config.norm.deep)};
  std::vector<const HeadGroups*> own, across;
  for (int64_t layer = 0; layer < parts.layers; ++layer) {
    blocks_.push_back(builder.block(layer));
    own.push_back(&blocks_.back()->mixer().groups());
    if (blocks_.back()->cross()) across.push_back(&blocks_.back()->cross()->groups());
  }
  if (needs_final_norm(config.norm)) final_norm_ = std::make_shared<Norm>(config.norm, config.width);
  check_stacks(own, parts.sight);
  check_cross_stacks(across);
  TrunkStacks::each(*this, [&](const Stack& stack) { random_ = random_ || stack.traits(true).random; });
}

void Trunk::adopt_into(torch::nn::Module& owner) const {
  auto layers = std::make_shared<torch::nn::Module>();
  for (size_t i = 0; i < blocks_.size(); ++i) layers->register_module(std::to_string(i), blocks_[i]);
  owner.register_module("layers", layers);
  if (final_norm_) owner.register_module("final_norm", final_norm_);
}

Tensor Trunk::forward(Tensor x, Given given, bool training, Memories* memories, const Source* source) const {
  if (training && random_)
    given.draw = static_cast<uint64_t>(at::randint(int64_t{1} << 62, {1}, at::kLong).item<int64_t>());
  if (memories && memories->empty()) memories->resize(blocks_.size());
  x = TrunkStacks::embed(*this, x, given, training, memories ? &memories->front() : nullptr);
  for (size_t i = 0; i < blocks_.size(); ++i)
    x = blocks_[i]->forward(std::move(x), given, memories ? &(*memories)[i] : nullptr, source);
  return final_norm_ ? final_norm_->forward(x) : x;
}

std::vector<PlacedGroups> Trunk::head_groups() const {
  std::vector<PlacedGroups> all;
  const std::string before = name_.empty() ? "" : name_ + " ";
  for (size_t i = 0; i < blocks_.size(); ++i) {
    all.push_back({fmt::format("{}layer {}", before, i), &blocks_[i]->mixer().groups(), name_, sees_});
    if (blocks_[i]->cross()) all.push_back({fmt::format("cross layer {}", i), &blocks_[i]->cross()->groups(), "cross"});
  }
  return all;
}

int64_t Trunk::longest_text() const {
  int64_t longest = kAll;
  TrunkStacks::each(*this, [&](const Stack& stack) { longest = std::min(longest, stack.longest_text()); });
  return longest;
}

bool Trunk::depends_on_context() const {
  bool depends = false;
  TrunkStacks::each(*this, [&](const Stack& stack) { depends |= stack.traits(false).depends_on_context; });
  return depends;
}

bool Trunk::bag_of_words(bool training) const {
  for (const auto& block : blocks_)
    for (const HeadGroup& group : block->mixer().groups().list())
      if (group.stack.traits(training).gives_order) return false;
  return true;
}

void Trunk::add_work(Work& work, const Call& call) const {
  for (const auto& block : blocks_) block->add_work(work, call);
}

}  // namespace lx
