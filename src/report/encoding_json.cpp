#include "report/encoding_json.h"

#include <cmath>
#include <numbers>

namespace lx {
namespace {

config::Node finite(double value) { return std::isfinite(value) ? config::Node(value) : config::Node(); }

struct Json {
  config::Map map;

  Json& put(const std::string& key, config::Node value) {
    map[key] = std::move(value);
    return *this;
  }
  Json& put(const std::string& key, const std::vector<double>& values) { return put(key, list(values)); }
  operator config::Node() const { return config::Node(map); }

  static config::Node list(const std::vector<double>& values) {
    config::List items;
    for (const double value : values) items.push_back(finite(value));
    return config::Node(std::move(items));
  }
  static config::Node list(const std::vector<int64_t>& values) {
    config::List items;
    for (const int64_t value : values) items.emplace_back(value);
    return config::Node(std::move(items));
  }
  static config::Node list(const std::vector<std::string>& values) {
    config::List items;
    for (const std::string& value : values) items.emplace_back(value);
    return config::Node(std::move(items));
  }
  template <class T, class See>
  static config::Node list(const std::vector<T>& values, See see) {
    config::List items;
    for (const T& value : values) items.push_back(see(value));
    return config::Node(std::move(items));
  }
};

config::Node diagnostics_json(const std::vector<Diagnostic>& all) {
  return Json::list(all, [](const Diagnostic& found) -> config::Node {
    Json json;
    json.put("name", found.name);
    for (const auto& [key, value] : found.numbers)
      json.put(key, value.kind() == config::Node::Kind::real ? finite(value.real()) : value);
    return json.put("text", found.text);
  });
}

config::Node modifier_json(const ModifierView& modifier) {
  return Json()
      .put("name", modifier.name)
      .put("settings", modifier.settings)
      .put("when", modifier.when)
      .put("summary", modifier.summary)
      .put("source", modifier.source)
      .put("questions", Json::list(modifier.questions))
      .put("parameters", Json::list(modifier.parameters, [](const ModifierView::Parameter& parameter) -> config::Node {
             return Json()
                 .put("name", parameter.name)
                 .put("shape", Json::list(parameter.shape))
                 .put("count", parameter.count);
           }));
}

config::Node row_json(const RowView& row) {
  return Json()
      .put("query", row.query)
      .put("relative", row.relative)
      .put("visible", Json::list(row.visible, [](const std::pair<int64_t, int64_t>& range) {
             return Json::list(std::vector<int64_t>{range.first, range.second});
           }));
}

config::Node curve_json(const CurveView& curve, const char* places) {
  if (curve.empty()) return {};
  return Json()
      .put("stride", curve.stride)
      .put(places, curve.at)
      .put("heads", Json::list(curve.heads, [](const std::vector<double>& head) { return Json::list(head); }));
}

config::Node turning_json(const EncodingView& view, const StackView& stack) {
  if (stack.theta.empty()) return {};
  const auto each = [&](auto of) {
    std::vector<double> values;
    for (size_t m = 0; m < stack.theta.size(); ++m) values.push_back(of(m));
    return values;
  };
  const double circle = 2 * std::numbers::pi;
  const std::vector<double>& trained = stack.trained_theta.empty() ? stack.theta : stack.trained_theta;
  const auto turns = [&](const std::vector<double>& theta, int64_t length) {
    return each([&](size_t m) { return m < theta.size() ? theta[m] * static_cast<double>(length) / circle : 0; });
  };
  return Json()
      .put("interleaved", stack.interleaved)
      .put("theta", stack.theta)
      .put("trained_theta", trained)
      .put("wavelength", each([&](size_t m) { return circle / stack.theta[m]; }))
      .put("turns_in_trained_length", turns(trained, view.trained_length))
      .put("turns_in_tested_length", turns(stack.theta, view.tested_length))
      .put("growth", stack.growth);
}

config::Node stack_json(const EncodingView& view, const StackView& stack, bool detailed) {
  Json json;
  json.put("group", stack.group).put("first_head", stack.first_head).put("heads", stack.heads);
  json.put("head_dim", stack.head_dim).put("modifiers", Json::list(stack.modifiers, modifier_json));
  if (!detailed) return json;
  json.put("turning", turning_json(view, stack)).put("positions_read", stack.positions_read);
  json.put("rows", Json::list(stack.rows, row_json)).put("last_row_in_training", row_json(stack.trained_last));
  const auto limit = [](int64_t tokens) { return tokens > 0 ? config::Node(tokens) : config::Node(); };
  json.put("mask", Json()
                       .put("sees", stack.sees)
                       .put("window", limit(stack.window))
                       .put("sinks", stack.sinks)
                       .put("block", limit(stack.block))
                       .put("seen_at_trained_length", stack.seen_at_trained)
                       .put("seen_at_length", stack.seen_at_last));
  json.put("bias", curve_json(stack.bias, "distance")).put("gain", curve_json(stack.gain, "query"));
  json.put("sink", stack.sink).put("log_gate", stack.gate);
  json.put("data_dependent", Json::list(stack.data_dependent)).put("rewrites", Json::list(stack.rewrites));
  return json.put("diagnostics", diagnostics_json(stack.diagnostics)).put("notes", Json::list(stack.notes));
}

}  // namespace

std::string encoding_json(const EncodingView& view) {
  Json json;
  json.put("title", view.title).put("variant", view.variant).put("mode", view.mode);
  json.put("trained_length", view.trained_length).put("tested_length", view.tested_length).put("length", view.length);
  json.put("layers", view.layers).put("heads", view.heads).put("key_heads", view.key_heads);
  json.put("head_dim", view.head_dim).put("learned_parameters", view.parameters);
  json.put("kinds", Json::list(view.kinds, [&](const LayersView& kind) -> config::Node {
             return Json()
                 .put("layers", Json::list(kind.layers))
                 .put("detailed", kind.detailed)
                 .put("stacks", Json::list(kind.stacks, [&](const StackView& stack) {
                        return stack_json(view, stack, kind.detailed);
                      }));
           }));
  json.put("diagnostics", diagnostics_json(view.diagnostics));
  std::string out = "{";
  for (const auto& [key, value] : json.map)
    out += (out == "{" ? "\n" : ",\n") + config::to_json(config::Node(key)) + ": " + config::to_json(value);
  return out + "\n}\n";
}

}  // namespace lx
