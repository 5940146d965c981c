#include "model/model.h"

#include "model/model_registry.h"

namespace lx {

Registry<ModelEntry>& models() {
  static Registry<ModelEntry> registry("model");
  return registry;
}

std::shared_ptr<Model> build_model(const config::Node& model, const config::Node& encoding,
                                   const config::Node& post_hoc, const ModelContext& context, Random init) {
  config::Node settings = model;
  const ModelEntry& entry = take_named(models(), settings, "decoder", "model");
  return entry.make(settings, {encoding, post_hoc, context, init}, "model");
}

Batch Model::arrange(Batch example) const {
  example.prefix = Tensor();
  return example;
}

Work Model::work(const Batch&, const Past&) const { fail("this model does not say what it computes"); }

int64_t parameter_count(const Model& model) {
  int64_t count = 0;
  for (const Tensor& parameter : model.parameters()) count += parameter.numel();
  return count;
}

at::Device device_of(const Model& model) {
  const auto parameters = model.parameters();
  return parameters.empty() ? at::Device(at::kCPU) : parameters.front().device();
}

}  // namespace lx
