// Where a run goes: results/<experiment>/<run id>, or where hydra.run.dir says.
#include "base/error.h"
#include "config/hydra_builtin.h"
#include "config/yaml.h"
#include "experiment/run.h"
#include "experiment/run_settings.h"

namespace lx {
namespace {

constexpr const char* kRunId = "${run_id:}";

struct RunPlace {
  static std::string pattern(const ResolvedRun& run) {
    const config::Node* dir = run.hydra.find("run.dir");
    return dir && dir->is_string() ? dir->string() : "";
  }

  static std::string usual() {
    static const config::Node built_in =
        config::parse_yaml(*config::builtin_config("hydra/output/default"), "hydra/output/default");
    return built_in.find("run.dir")->string();
  }

  static void put(std::string& text, const std::string& id) {
    for (size_t at = text.find(kRunId); at != std::string::npos; at = text.find(kRunId))
      text.replace(at, std::string(kRunId).size(), id);
  }

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

bool has_usual_place(const ResolvedRun& run) {
  const std::string pattern = RunPlace::pattern(run);
  return pattern.empty() || pattern == RunPlace::usual();
}

fs::path run_directory(const ResolvedRun& run, const std::string& id) {
  if (has_usual_place(run)) return run_folder(run.config, id).path;
  config::Composition composition = run.composition();
  config::Node& dir = *composition.hydra.find("run.dir");
  std::string pattern = dir.string();
  RunPlace::put(pattern, id);
  const config::Place place = dir.place;
  dir = config::Node(pattern);
  dir.place = place;
  const config::Node path = config::resolve_hydra(composition, "run.dir");
  const std::string text = config::detail::to_string(path, "hydra.run.dir");
  if (text.empty()) config::fail_at(place, "hydra.run.dir is empty");
  fs::path absolute = fs::absolute(text).lexically_normal();
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

void fill_output_directory(ResolvedRun& run) {
  const config::Node* number = run.hydra.find("job.num");
  const bool alone = !number || number->is_missing();
  if (!alone || has_usual_place(run) || RunPlace::pattern(run).find(kRunId) != std::string::npos) return;
  run.hydra.set("runtime.output_dir", config::Node(run_directory(run, "").string()));
}

RunFolder place_of_run(const ResolvedRun& run, const std::string& id, const std::string& data_hash) {
  const fs::path path = run_directory(run, id);
  if (has_usual_place(run)) return {path};
  if (RunPlace::pattern(run).find("${now:") != std::string::npos) return RunPlace::with_suffix(path);
  const std::string there = RunPlace::held(path, data_hash);
  require(there.empty() || there == id,
          "{} holds another run ({}, not {}): choose another hydra.run.dir, or put ${{run_id:}} or ${{now:%H-%M-%S}} "
          "into it",
          shown(path), there, id);
  return {path};
}

}  // namespace lx
