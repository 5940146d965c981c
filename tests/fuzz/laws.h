// What must hold for any bytes that are read as configuration: a value that survives being written and read again, or
// lx::Error. Anything else (another exception, a crash, a hang) is a bug. Shared by the test and the fuzz targets.
#pragma once

#include "base/error.h"
#include "base/text.h"
#include "config/interpolate.h"
#include "config/override.h"
#include "config/sweep.h"
#include "config/yaml.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace lx::config::laws {

inline void hold(bool condition, const std::string& what) {
  if (!condition) throw std::logic_error(what);  // no lx::Error: those are allowed
}

/// Reading what was written must not fail.
template <class Action>
auto again(const std::string& text, const Action& action) {
  try {
    return action(text);
  } catch (const Error& error) {
    throw std::logic_error("what was written cannot be read: " + text + ": " + error.what());
  }
}

inline std::vector<std::string> options_of_law(const std::string&) { return {"alpha", "beta", "b[c]", "yes"}; }

inline void override_law(const std::string& text) {
  const Override parsed = parse_override(text);
  if (parsed.is_sweep()) return;
  const Node value = parsed.value();
  const std::vector<SweepAxis> axes = sweep_axes({}, {text}, options_of_law);
  if (axes[0].kind == SweepAxis::Kind::word) return;
  const std::string printed = axes[0].text(axes[0].values.at(0));
  const Override back = again(printed, [](const std::string& t) { return parse_override(t); });
  hold(back.kind == parsed.kind && back.key == parsed.key && back.package == parsed.package, "key of " + printed);
  hold(again(printed, [&](const std::string&) { return back.value(); }) == value, "value of " + printed);
}

inline void sweep_law(const std::string& text) {
  const std::vector<SweepAxis> axes = sweep_axes({}, {text}, options_of_law);
  if (axes[0].interval || axes[0].kind == SweepAxis::Kind::word || axes[0].values.size() > 1000) return;
  for (const auto& job : sweep_product(axes)) {
    const auto same = again(job[0], [](const std::string& t) { return sweep_product(sweep_axes({}, {t}, {})); });
    hold(same.size() == 1 && same[0] == job, "job " + job[0]);
  }
}

inline void written_law(const Node& node) {
  const std::string written = to_yaml(node);
  const Node back = again(written, [](const std::string& t) { return parse_yaml(t, "back.yaml"); });
  hold(back == node, "YAML changed: " + written);
  hold(to_yaml(back) == written, "YAML is not stable: " + written);
}

inline void yaml_law(const std::string& text) {
  const Node node = parse_yaml(text, "fuzz.yaml");
  written_law(node);
  const std::string json = to_json(node);
  hold(again(json, [](const std::string& t) { return parse_json(t, "back.json"); }) == node, "JSON changed: " + json);
}

inline void interpolation_law(const std::string& text) {
  if (!is_utf8(text)) return;  // no file and no override holds such text
  Node node = parse_yaml("a: {b: 3, l: [1, x, {k: 2.5}]}\ns: b\ne: ''\nm: \?\?\?\n", "fuzz.yaml");
  node.set("a.r", text);
  written_law(resolve(node));
}

}  // namespace lx::config::laws
