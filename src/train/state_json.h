// TrainState as JSON, and back.
#pragma once

#include "train/checkpoint.h"

#include <nlohmann/json.hpp>

namespace lx {

constexpr const char* kCheckpointFormat = "lx-checkpoint";
constexpr int64_t kCheckpointVersion = 1;

nlohmann::json state_to_json(const TrainState& state);
/// Throws json::exception when something is missing or has the wrong type.
TrainState state_from_json(const nlohmann::json& root);

}  // namespace lx
