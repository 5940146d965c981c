// A layer that mixes tokens: anything with a past.
#pragma once

#include "attention/memory.h"
#include "attention/scene.h"
#include "base/registry.h"
#include "config/fields.h"
#include "model/head_groups.h"
#include "model/initialiser.h"
#include "model/workload.h"
#include "tensor/tensor.h"

#include <torch/nn/module.h>

#include <functional>
#include <memory>
#include <string>

namespace lx {

class Mixer : public torch::nn::Module {
 public:
  /// x [B,T,C] -> [B,T,C]. `given`: what the model says about the call. With memory, x continues it. Give x away
  /// (std::move) where nothing else needs it: without gradients its memory then goes before attention begins.
  virtual Tensor forward(Tensor x, const Given& given, Memory* memory) = 0;
  /// The modifiers in use, for notes and checks.
  const HeadGroups& groups() const { return groups_; }
  /// Adds what forward() computes and remembers in such a call.
  virtual void add_work(Work& work, const Call& call) const = 0;

 protected:
  /// Keeps the groups and registers their learned parameters.
  void adopt(HeadGroups groups);

 private:
  HeadGroups groups_;
};

/// Registers the learned parameters of the groups' stacks as stack.<modifier>.<name>, or, where there are several
/// groups, stack.<group>.<modifier>.<name>.
void register_parameters(torch::nn::Module& owner, const HeadGroups& groups);

/// What a mixer is built from, besides its own settings.
struct MixerContext {
  int64_t width = 0, layer = 0, layers = 1, trained_length = 0;
  double dropout = 0;
  /// The layer's modifiers, once the mixer knows its heads and their width.
  std::function<HeadGroups(const Shape&)> make_groups;
  Initialiser initialiser;

  /// The layer's shape with so many heads; 0 key heads: as many, head_dim 0: width / heads. Throws Error, with the
  /// section `path`, for numbers that do not go together.
  Shape shape(int64_t heads, int64_t key_heads, int64_t head_dim, const std::string& path) const;
};

struct MixerEntry {
  std::string summary;
  bool gated_unit = false;  // brings its own channel mixing: the block then has no feed-forward part
  std::function<std::shared_ptr<Mixer>(const config::Node& settings, const MixerContext&, const std::string& path)>
      make;
  std::function<std::vector<config::KeyHelp>()> help;
  std::string source;  // paper or post; may be empty
  /// Reads the settings strictly, without making anything.
  std::function<void(const config::Node& settings, const std::string& path)> check = {};
};

Registry<MixerEntry>& mixers();

template <class T>
struct RegisterMixer {
  RegisterMixer(const char* name, const char* summary, const char* source = "") {
    mixers().add(name, {summary, T::kGatedUnit,
                        [](const config::Node& settings, const MixerContext& context, const std::string& path) {
                          return std::make_shared<T>(config::read<typename T::Config>(settings, path), context);
                        },
                        [] { return config::help<typename T::Config>(); }, source,
                        [](const config::Node& settings, const std::string& path) {
                          (void)config::read<typename T::Config>(settings, path);
                        }});
  }
};

}  // namespace lx

/// REGISTER_MIXER(Type, name, summary) or, with a paper or post behind it, (Type, name, summary, source).
#define REGISTER_MIXER(Type, ...) \
  [[maybe_unused]] const ::lx::RegisterMixer<Type> register_##Type { __VA_ARGS__ }
