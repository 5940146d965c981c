// A layer that mixes tokens: anything with a past.
#pragma once

#include "attention/memory.h"
#include "attention/stack.h"
#include "base/registry.h"
#include "config/fields.h"
#include "model/initialiser.h"
#include "tensor/tensor.h"

#include <torch/nn/module.h>

#include <functional>
#include <memory>
#include <string>

namespace lx {

class Mixer : public torch::nn::Module {
 public:
  /// x [B,T,C] -> [B,T,C]. `given`: what the model reveals (prefix, lengths). With memory, x continues it.
  virtual Tensor forward(const Tensor& x, const Visibility& given, Memory* memory) = 0;
  /// The modifiers in use, for notes and checks.
  virtual const Stack& stack() const = 0;

 protected:
  /// Registers a stack's learned parameters as stack.<modifier>.<name>.
  void register_stack(const Stack& stack);
};

/// What a mixer is built from, besides its own settings.
struct MixerContext {
  int64_t width = 0, layer = 0, layers = 1, trained_length = 0;
  double dropout = 0;
  /// The layer's stack, once the mixer knows its heads and their width.
  std::function<Stack(const Shape&)> make_stack;
  Initialiser initialiser;
};

struct MixerEntry {
  std::string summary;
  bool gated_unit = false;  // brings its own channel mixing: the block then has no feed-forward part
  std::function<std::shared_ptr<Mixer>(const config::Node& settings, const MixerContext&, const std::string& path)>
      make;
  std::function<std::vector<config::KeyHelp>()> help;
};

Registry<MixerEntry>& mixers();

template <class T>
struct RegisterMixer {
  RegisterMixer(const char* name, const char* summary) {
    mixers().add(name, {summary, T::kGatedUnit,
                        [](const config::Node& settings, const MixerContext& context, const std::string& path) {
                          return std::make_shared<T>(config::read<typename T::Config>(settings, path), context);
                        },
                        [] { return config::help<typename T::Config>(); }});
  }
};

}  // namespace lx

#define REGISTER_MIXER(Type, name, summary) \
  [[maybe_unused]] const ::lx::RegisterMixer<Type> register_##Type { name, summary }
