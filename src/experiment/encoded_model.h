// The stacks of an encoding as a model holds them: with its heads, their width, its layers. For checks and tables,
// which need no weights and no text.
#pragma once

#include "experiment/run_config.h"
#include "model/model.h"
#include "model/stacks.h"

#include <memory>
#include <string>
#include <vector>

namespace lx {

struct EncodedModel {
  RunConfig config;
  std::shared_ptr<Model> model;     // owns the stacks
  std::vector<PlacedStack> stacks;  // test-time variants included
};

/// The names of the ready encodings: configs/encoding.
std::vector<std::string> ready_encodings(const ConfigRequest& request);
/// Where NAME.yaml of a group lies: the first folder of the search path that has it.
fs::path config_file(const ConfigRequest& request, const std::string& group, const std::string& name);

/// Composes and builds. An encoding that means nothing in the model of the configuration (one that looks ahead, in a
/// decoder) is built in the first of configs/model where it does, unless the request names a model.
EncodedModel encoded_model(const ConfigRequest& request, const config::Node& variant = {});

}  // namespace lx
