// What a model's size is made equal to, so that architectures are compared at equal cost.
#pragma once

#include "config/fields.h"

namespace lx {

enum class MatchOn { parameters, inference, training };
template <>
struct config::EnumNames<MatchOn> {
  static constexpr std::array<std::pair<std::string_view, MatchOn>, 3> names{
      {{"parameters", MatchOn::parameters}, {"inference", MatchOn::inference}, {"training", MatchOn::training}}};
};

/// Settled when a configuration is resolved (experiment/match.h): what a run stores holds the sizes, and no `match`.
struct MatchConfig {
  MatchOn on = MatchOn::parameters;
  config::Node to;
  static constexpr auto fields() {
    return std::tuple{
        config::field("on", &MatchConfig::on,
                      "what is made equal: the number of parameters, or the operations of one token of decoding at N "
                      "(inference) or of training"),
        config::field("to", &MatchConfig::to, "a file of configs/model, or the settings of a model")};
  }
};

}  // namespace lx
