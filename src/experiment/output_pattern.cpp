#include "experiment/output_pattern.h"

#include "base/error.h"
#include "config/scalar.h"

#include <array>
#include <utility>

namespace lx {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOwnPatterns{
    {{"run.dir", "${output}/${experiment}/${run_id:}"},
     {"sweep.dir", "${output}/${experiment}/sweeps/${sweep_id:}"},
     {"sweep.subdir", "${run_id:}"}}};

}  // namespace

void use_own_patterns(config::Node& hydra) {
  for (const auto& [key, pattern] : kOwnPatterns) {
    config::Node* node = hydra.find(key);
    if (!node || !node->place.source || !node->place.source->starts_with("the built-in ")) continue;
    const config::Place place = node->place;
    *node = config::Node(std::string(pattern));
    node->place = place;
  }
}

bool is_own_pattern(const ResolvedRun& run, std::string_view key) {
  for (const auto& [name, pattern] : kOwnPatterns)
    if (name == key) return !run.hydra.find(key) || output_pattern(run, key) == pattern;
  return false;
}

std::string output_pattern(const ResolvedRun& run, std::string_view key) {
  const config::Node* node = run.hydra.find(key);
  return node && node->is_string() ? node->string() : "";
}

std::string resolve_pattern(const ResolvedRun& run, std::string_view key, std::string_view placeholder,
                            const std::string& id) {
  config::Composition composition = run.composition();
  config::Node& pattern = *composition.hydra.find(key);
  const config::Place place = pattern.place;
  if (pattern.is_string()) {
    std::string text = pattern.string();
    for (size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder))
      text.replace(at, placeholder.size(), id);
    pattern = config::Node(text);
    pattern.place = place;
  }
  const std::string path = config::python_text(config::resolve_hydra(composition, std::string(key)));
  if (path.empty()) config::fail_at(place, fmt::format("hydra.{} is empty", key));
  return path;
}

}  // namespace lx
