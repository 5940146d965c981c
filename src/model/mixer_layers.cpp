#include "model/mixer_layers.h"

#include "config/mistakes.h"
#include "model/layer_keys.h"
#include "model/model_registry.h"

namespace lx {
namespace {

struct MixerSection {
  static MixerChoice choose(config::Node settings, const std::string& path) {
    const MixerEntry& entry = take_named(mixers(), settings, "attention", path);
    return {entry, std::move(settings), path};
  }

  static void check(const config::Node& one, const std::string& path) {
    const MixerChoice choice = choose(one, path);
    if (choice.entry.check) choice.entry.check(choice.settings, path);
  }
};

}  // namespace

void check_mixers(const config::Node& mixer, int64_t layers, const std::string& path) {
  const config::Node* by_layer = mixer.is_map() ? mixer.map().find("layers") : nullptr;
  if (!by_layer) return MixerSection::check(mixer, path);
  if (mixer.map().size() > 1)
    config::fail_at(mixer.place,
                    "give one mixer for all layers or `layers` with one for each, not both (full_key: " + path + ")");
  check_layer_keys(*by_layer, layers, path + ".layers");
  config::Mistakes mistakes;
  for (const auto& [key, value] : by_layer->map())
    mistakes.attempt([&, &key = key, &value = value] { MixerSection::check(value, path + ".layers." + key); });
  mistakes.tell();
}

MixerChoice mixer_of_layer(const config::Node& mixer, int64_t layer, int64_t layers, const std::string& path) {
  const config::Node* by_layer = mixer.map().find("layers");
  if (!by_layer) return MixerSection::choose(mixer, path);
  const std::string key = key_of_layer(*by_layer, layer, layers, path + ".layers");
  return MixerSection::choose(*by_layer->map().find(key), path + ".layers." + key);
}

}  // namespace lx
