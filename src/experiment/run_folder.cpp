#include "experiment/run_folder.h"

#include "base/error.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace lx {
namespace {

struct RunSearch {
  static std::vector<fs::path> all(const fs::path& root) {
    std::vector<fs::path> runs;
    std::error_code error;
    for (const auto& experiment : fs::directory_iterator(root, error)) {
      if (!experiment.is_directory()) continue;
      for (const auto& run : fs::directory_iterator(experiment.path(), error)) {
        if (fs::exists(run.path() / "config.yaml")) runs.push_back(run.path());
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

RunFolder find_run(const std::string& word, const std::string& output) {
  const fs::path typed = fs::absolute(word).lexically_normal();
  for (const fs::path& path : {typed, project_folder() / word}) {
    if (fs::is_directory(path) && fs::exists(path / "config.yaml"))
      return {path.has_filename() ? path : path.parent_path()};
    if (path.filename() == "run.h5" && fs::exists(path)) return {path.parent_path()};
  }
  const fs::path root = output_root(output);
  std::vector<fs::path> runs = RunSearch::all(root);
  if (word == "last") {
    require(!runs.empty(), "there is no run below {} yet: start one with `lx run`", shown(root));
    return {*std::max_element(runs.begin(), runs.end(), [](const fs::path& a, const fs::path& b) {
      return RunSearch::touched(a) < RunSearch::touched(b);
    })};
  }
  std::erase_if(runs, [&](const fs::path& run) { return !run.filename().string().starts_with(word); });
  require(!word.empty() && !runs.empty(),
          "there is no run '{}': give the folder of a run, the first digits of its id (below {}), or `last`", word,
          shown(root));
  require(runs.size() == 1, "'{}' fits {} runs below {}: give more digits", word, runs.size(), shown(root));
  return {runs.front()};
}

}  // namespace lx
