#include "experiment/run_folder.h"

#include "base/error.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

namespace lx {
namespace {

struct FoundRun {
  std::string id;
  fs::path path;
  bool operator==(const FoundRun&) const = default;
};

struct RunSearch {
  static fs::path list(const fs::path& root) { return root / "elsewhere.txt"; }

  /// Runs that hydra.run.dir sent elsewhere: id, blank, folder.
  static std::vector<FoundRun> elsewhere(const fs::path& root) {
    std::vector<FoundRun> runs;
    std::ifstream lines(list(root));
    std::string id, path;
    while (lines >> id && std::getline(lines >> std::ws, path)) {
      const FoundRun run{id, path};
      if (fs::exists(run.path / "config.yaml") && std::find(runs.begin(), runs.end(), run) == runs.end())
        runs.push_back(run);
    }
    return runs;
  }

  static std::vector<FoundRun> all(const fs::path& root) {
    std::vector<FoundRun> runs = elsewhere(root);
    std::error_code error;
    for (const auto& experiment : fs::directory_iterator(root, error)) {
      if (!experiment.is_directory()) continue;
      for (const auto& run : fs::directory_iterator(experiment.path(), error)) {
        if (fs::exists(run.path() / "config.yaml")) runs.push_back({run.path().filename().string(), run.path()});
      }
    }
    return runs;
  }

  static fs::file_time_type touched(const fs::path& run) {
    std::error_code error;
    const auto log = fs::last_write_time(run / "lx.log", error);
    return error ? fs::last_write_time(run / "config.yaml", error) : log;
  }
};

}  // namespace

fs::path output_root(const std::string& output) {
  const fs::path path(output);
  return (path.is_absolute() ? path : project_folder() / path).lexically_normal();
}

void note_elsewhere(const fs::path& root, const std::string& id, const RunFolder& folder) {
  const auto known = RunSearch::elsewhere(root);
  if (std::find(known.begin(), known.end(), FoundRun{id, folder.path}) != known.end()) return;
  make_folders(root);
  std::ofstream list(RunSearch::list(root), std::ios::app);
  list << id + " " + folder.path.string() + "\n" << std::flush;  // one short line: processes do not mix
}

RunFolder find_run(const std::string& word, const std::string& output) {
  const fs::path typed = fs::absolute(word).lexically_normal();
  for (const fs::path& path : {typed, project_folder() / word}) {
    if (fs::is_directory(path) && fs::exists(path / "config.yaml"))
      return {path.has_filename() ? path : path.parent_path()};
    if (path.filename() == "run.h5" && fs::exists(path)) return {path.parent_path()};
  }
  const fs::path root = output_root(output);
  std::vector<FoundRun> runs = RunSearch::all(root);
  if (word == "last") {
    require(!runs.empty(), "there is no run below {} yet: start one with `lx run`", shown(root));
    const auto later = [](const FoundRun& a, const FoundRun& b) {
      return RunSearch::touched(a.path) < RunSearch::touched(b.path);
    };
    return {std::max_element(runs.begin(), runs.end(), later)->path};
  }
  std::erase_if(runs, [&](const FoundRun& run) { return !run.id.starts_with(word); });
  require(!word.empty() && !runs.empty(),
          "there is no run '{}': give the folder of a run, the first digits of its id (below {}), or `last`", word,
          shown(root));
  require(runs.size() == 1, "'{}' fits {} runs below {}: give more digits", word, runs.size(), shown(root));
  return {runs.front().path};
}

}  // namespace lx
