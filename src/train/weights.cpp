// A model seen as named tensors: the only place of this folder that looks inside one.
#include "model/model.h"
#include "train/trainer.h"

#include <set>

namespace lx {

NamedTensors named_tensors(Model& model) {
  NamedTensors all;
  std::set<const void*> seen;
  const auto add = [&](const auto& items) {
    for (const auto& item : items)
      if (item.value().defined() && seen.insert(item.value().unsafeGetTensorImpl()).second)
        all.emplace_back(item.key(), item.value());
  };
  add(model.named_parameters());
  add(model.named_buffers());
  return all;
}

void load_weights(const fs::path& folder, Model& model) { load_weights(folder, named_tensors(model)); }

}  // namespace lx
