#include "sweep/place.h"

#include "base/error.h"
#include "config/hydra_builtin.h"
#include "config/scalar.h"
#include "config/yaml.h"
#include "experiment/run_folder.h"

namespace lx {
namespace {

struct SweepPattern {
  static const config::Node& built_in() {
    static const config::Node node =
        config::parse_yaml(*config::builtin_config("hydra/output/default"), "hydra/output/default");
    return node;
  }

  static bool usual(const ResolvedRun& run, const char* key) {
    const config::Node* value = run.hydra.find(key);
    return !value || *value == *built_in().find(key);
  }

  /// The pattern under `key`, with `name` replaced by `value` and all references resolved.
  static std::string resolved(const ResolvedRun& run, const char* key, const std::string& name,
                              const std::string& value) {
    config::Composition composition = run.composition();
    config::Node& pattern = *composition.hydra.find(key);
    if (pattern.is_string()) {
      std::string text = pattern.string();
      for (size_t at = text.find(name); at != std::string::npos; at = text.find(name))
        text.replace(at, name.size(), value);
      const config::Place place = pattern.place;
      pattern = config::Node(text);
      pattern.place = place;
    }
    const std::string path = config::python_text(config::resolve_hydra(composition, key));
    if (path.empty()) config::fail_at(pattern.place, fmt::format("hydra.{} is empty", key));
    return path;
  }
};

}  // namespace

bool has_usual_sweep_place(const ResolvedRun& base) {
  return SweepPattern::usual(base, "sweep.dir") && SweepPattern::usual(base, "sweep.subdir");
}

fs::path sweep_directory(const ResolvedRun& base, const std::string& id) {
  if (SweepPattern::usual(base, "sweep.dir"))
    return output_root(base.config.output) / base.config.experiment / "sweeps" / id;
  const fs::path path = fs::absolute(SweepPattern::resolved(base, "sweep.dir", "${sweep_id:}", id)).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

fs::path cell_directory(const ResolvedRun& cell, const fs::path& sweep, const std::string& id) {
  const fs::path inside = fs::path(SweepPattern::resolved(cell, "sweep.subdir", "${run_id:}", id)).lexically_normal();
  require(inside.is_relative() && !inside.empty() && *inside.begin() != "..",
          "hydra.sweep.subdir={} leaves the folder of the sweep", inside.string());
  return sweep / inside;
}

}  // namespace lx
