// Where a run goes: results/<experiment>/<run id>, or where hydra.run.dir says.
#include "base/error.h"
#include "config/yaml.h"
#include "experiment/output_pattern.h"
#include "experiment/run.h"
#include "experiment/run_settings.h"

namespace lx {
namespace {

constexpr const char* kRunId = "${run_id:}";

struct RunPlace {
  /// The id of the run that lies there; empty when there is none.
  static std::string held(const fs::path& folder, const std::string& data_hash) {
    const RunFolder run{folder};
    if (!fs::exists(run.config())) return "";
    return run_id(config::load_yaml(run.config()), data_hash);
  }

  static RunFolder with_suffix(const fs::path& wanted) {
    make_folders(wanted.parent_path());
    for (int n = 0; n < 10'000; ++n) {
      const fs::path path = n == 0 ? wanted : fs::path(wanted.string() + "-" + std::to_string(n));
      std::error_code error;
      if (fs::create_directory(path, error)) return {path};  // of two processes one makes it
      require(!error || fs::exists(path), "cannot make the folder {}: {}", shown(path), error.message());
    }
    fail("{} and ten thousand beside it are taken", shown(wanted));
  }
};

}  // namespace

bool has_usual_place(const ResolvedRun& run) { return is_own_pattern(run, "run.dir"); }

fs::path run_directory(const ResolvedRun& run, const std::string& id) {
  if (has_usual_place(run)) return run_folder(run.config, id).path;
  const fs::path path = fs::absolute(resolve_pattern(run, "run.dir", kRunId, id)).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

void fill_output_directory(ResolvedRun& run) {
  const config::Node* number = run.hydra.find("job.num");
  const bool alone = !number || number->is_missing();
  if (!alone || has_usual_place(run) || output_pattern(run, "run.dir").find(kRunId) != std::string::npos) return;
  run.hydra.set("runtime.output_dir", config::Node(run_directory(run, "").string()));
}

RunFolder place_of_run(const ResolvedRun& run, const std::string& id, const std::string& data_hash) {
  const fs::path path = run_directory(run, id);
  if (has_usual_place(run)) return {path};
  if (output_pattern(run, "run.dir").find("${now:") != std::string::npos) return RunPlace::with_suffix(path);
  const std::string there = RunPlace::held(path, data_hash);
  require(there.empty() || there == id,
          "{} holds another run ({}, not {}): choose another hydra.run.dir, or put ${{run_id:}} or ${{now:%H-%M-%S}} "
          "into it",
          shown(path), there, id);
  return {path};
}

}  // namespace lx
