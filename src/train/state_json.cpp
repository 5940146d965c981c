// Numbers are written with the digits that read back to the same bits.
#include "train/state_json.h"

namespace lx {
namespace {

using nlohmann::json;

json json_of(const config::Node& node) { return json::parse(config::to_json(node)); }

config::Node node_of(const json& value) {
  switch (value.type()) {
    case json::value_t::boolean:
      return config::Node(value.get<bool>());
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
      return config::Node(value.get<int64_t>());
    case json::value_t::number_float:
      return config::Node(value.get<double>());
    case json::value_t::string:
      return config::Node(value.get<std::string>());
    case json::value_t::array: {
      config::List items;
      for (const json& item : value) items.push_back(node_of(item));
      return config::Node(std::move(items));
    }
    case json::value_t::object: {
      config::Map items;
      for (const auto& [key, item] : value.items()) items[key] = node_of(item);
      return config::Node(std::move(items));
    }
    default:
      return {};
  }
}

}  // namespace

json state_to_json(const TrainState& state) {
  json best = nullptr;
  if (state.best_loss) best = {{"loss", *state.best_loss}, {"step", state.best_step}};
  return {{"format", kCheckpointFormat},
          {"version", kCheckpointVersion},
          {"step", state.step},
          {"tokens", state.tokens},
          {"elapsed_seconds", state.elapsed_seconds},
          {"best", best},
          {"skips", {{"all", state.skips}, {"in_a_row", state.skips_in_a_row}}},
          {"unreported_loss", {{"sum", state.loss_sum}, {"steps", state.loss_count}}},
          {"stream", state.stream},
          {"threads", state.threads},
          {"precision", state.precision},
          {"data_hash", state.data_hash},
          {"train", json_of(state.config)},
          {"length", state.length},
          {"extra", state.extra}};
}

TrainState state_from_json(const json& root) {
  TrainState state;
  state.step = root.at("step").get<int64_t>();
  state.tokens = root.at("tokens").get<int64_t>();
  state.elapsed_seconds = root.at("elapsed_seconds").get<double>();
  if (const json& best = root.at("best"); !best.is_null()) {
    state.best_loss = best.at("loss").get<double>();
    state.best_step = best.at("step").get<int64_t>();
  }
  state.skips = root.at("skips").at("all").get<int64_t>();
  state.skips_in_a_row = root.at("skips").at("in_a_row").get<int64_t>();
  state.loss_sum = root.at("unreported_loss").at("sum").get<double>();
  state.loss_count = root.at("unreported_loss").at("steps").get<int64_t>();
  state.stream = root.at("stream").get<uint64_t>();
  state.threads = root.at("threads").get<int64_t>();
  state.precision = root.value("precision", "fp32");  // before there was another, none was written
  state.data_hash = root.at("data_hash").get<std::string>();
  state.config = node_of(root.at("train"));
  state.length = root.at("length").get<int64_t>();
  state.extra = root.at("extra").get<std::map<std::string, std::string>>();
  return state;
}

}  // namespace lx
