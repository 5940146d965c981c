#include "sweep/place.h"

#include "base/error.h"
#include "config/scalar.h"
#include "experiment/output_pattern.h"
#include "experiment/run_folder.h"

namespace lx {

bool has_usual_sweep_place(const ResolvedRun& base) {
  return is_own_pattern(base, "sweep.dir") && is_own_pattern(base, "sweep.subdir");
}

fs::path sweep_directory(const ResolvedRun& base, const std::string& id) {
  if (is_own_pattern(base, "sweep.dir"))
    return output_root(base.config.output) / base.config.experiment / "sweeps" / id;
  const fs::path path = fs::absolute(resolve_pattern(base, "sweep.dir", "${sweep_id:}", id)).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

fs::path cell_directory(const ResolvedRun& cell, const fs::path& sweep, const std::string& id) {
  // Who chose only the sweep's folder gets Hydra's numbers in it.
  const std::string name = is_own_pattern(cell, "sweep.subdir")
                               ? config::python_text(config::resolve_hydra(cell.composition(), "job.num"))
                               : resolve_pattern(cell, "sweep.subdir", "${run_id:}", id);
  const fs::path inside = fs::path(name).lexically_normal();
  require(inside.is_relative() && !inside.empty() && *inside.begin() != "..",
          "hydra.sweep.subdir={} leaves the folder of the sweep", inside.string());
  return sweep / inside;
}

}  // namespace lx
