#include "sweep/folder.h"

#include "base/error.h"
#include "base/log.h"
#include "config/fields.h"
#include "config/yaml.h"
#include "result/jsonl.h"
#include "sweep/place.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <ctime>
#include <sstream>
#include <system_error>
#include <unistd.h>

namespace lx {
namespace {

struct CellLine {
  static config::Node texts(const std::vector<std::string>& words) {
    config::List list;
    for (const std::string& word : words) list.emplace_back(word);
    return config::Node(std::move(list));
  }

  static std::string write(const Cell& cell, const fs::path& sweep) {
    config::Map line, coordinates, choices;
    for (const auto& [key, value] : cell.coordinates) coordinates[key] = value;
    for (const auto& [group, option] : cell.run.choices) choices[group] = option;
    line["number"] = cell.number;
    line["id"] = cell.id;
    line["folder"] = cell.folder.path.lexically_relative(sweep).string();  // so that results can be moved as a whole
    line["overrides"] = texts(cell.overrides);
    line["coordinates"] = std::move(coordinates);
    line["choices"] = std::move(choices);
    line["defaults"] = texts(cell.run.defaults);
    line["config"] = cell.run.resolved;
    line["composed"] = cell.run.composed;
    line["hydra"] = cell.run.hydra;
    return config::to_json(line);
  }

  static std::vector<std::string> words(const config::Node& list) {
    std::vector<std::string> all;
    for (const config::Node& item : list.list()) all.push_back(item.string());
    return all;
  }

  static Cell read(const std::string& text, const fs::path& sweep) {
    const config::Node line = config::parse_json(text, shown(sweep / "cells.jsonl"));
    const auto at = [&](const char* key) -> const config::Node& {
      const config::Node* value = line.find(key);
      require(value != nullptr, "{} has a line without '{}'", shown(sweep / "cells.jsonl"), key);
      return *value;
    };
    Cell cell;
    cell.number = at("number").integer();
    cell.id = at("id").string();
    cell.folder.path = (sweep / at("folder").string()).lexically_normal();
    cell.overrides = words(at("overrides"));
    for (const auto& [key, value] : at("coordinates").map()) cell.coordinates.emplace_back(key, value);
    for (const auto& [group, option] : at("choices").map()) cell.run.choices.emplace_back(group, option.string());
    cell.run.defaults = words(at("defaults"));
    cell.run.overrides = cell.overrides;
    cell.run.resolved = at("config");
    cell.run.composed = at("composed");
    cell.run.hydra = at("hydra");
    cell.run.config = read_run_config(cell.run.resolved);
    return cell;
  }

  /// The lines of cells.jsonl, one a cell.
  static std::vector<std::string> lines(const SweepFolder& folder) {
    require(fs::exists(folder.cells()), "{} is not the folder of a sweep (it has no cells.jsonl)", shown(folder.path));
    std::istringstream stream(read_file(folder.cells()));
    std::vector<std::string> all;
    for (std::string line; std::getline(stream, line);) all.push_back(line);
    return all;
  }
};

struct SweepSearch {
  static std::vector<fs::path> all(const fs::path& root) {
    std::vector<fs::path> found;
    std::error_code error;
    for (const auto& experiment : fs::directory_iterator(root, error)) {
      std::error_code none;
      for (const auto& sweep : fs::directory_iterator(experiment.path() / "sweeps", none))
        if (fs::exists(sweep.path() / "cells.jsonl")) found.push_back(sweep.path());
    }
    return found;
  }

  static fs::file_time_type touched(const fs::path& sweep) {
    std::error_code error;
    const auto events = fs::last_write_time(sweep / "events.jsonl", error);
    return error ? fs::last_write_time(sweep / "cells.jsonl") : events;
  }
};

/// A folder that was chosen may hold something else already.
void refuse_another_sweep(const SweepFolder& folder, const SweepPlan& plan) {
  if (has_usual_sweep_place(plan.base) || !fs::exists(folder.cells())) return;
  std::vector<std::string> here, there;
  for (const Cell& cell : plan.cells) here.push_back(cell.id);
  for (const Cell& cell : read_cells(folder)) there.push_back(cell.id);
  // A search plans cell after cell: the folder may be ahead of it, or behind.
  if (plan.grows) there.resize(std::min(here.size(), there.size())), here.resize(there.size());
  require(here == there, "{} holds another sweep: choose another hydra.sweep.dir, or put ${{sweep_id:}} into it",
          shown(folder.path));
}

void write_if_new(const fs::path& path, const std::string& content) {
  if (!fs::exists(path) || read_file(path) != content) write_file(path, content);
}

void link_run(const fs::path& link, const fs::path& run) {
  const fs::path target = run.lexically_relative(link.parent_path());
  std::error_code error;
  if (fs::is_symlink(link) && fs::read_symlink(link, error) == target) return;
  fs::remove(link, error);
  fs::create_directory_symlink(target, link, error);  // a convenience: some file systems have no links
}

}  // namespace

SweepFolder write_sweep(const SweepPlan& plan) {
  const SweepFolder folder{plan.folder};
  refuse_another_sweep(folder, plan);
  make_folders(folder.links());
  make_folders(folder.logs());
  // The same command may be at this very point elsewhere.
  const auto lock = FileLock::wait_lock(folder.path / ".lock", 60);
  if (!lock) throw BusyError(fmt::format("another lx has been writing {} for a minute", shown(folder.path)));
  std::string lines;
  for (const Cell& cell : plan.cells) lines += CellLine::write(cell, folder.path) + "\n";
  // Another process may be further with the same search: what it planned stays.
  if (!plan.grows || !fs::exists(folder.cells()) || !read_file(folder.cells()).starts_with(lines))
    write_if_new(folder.cells(), lines);
  config::Node whole = plan.base.composed;
  whole.set("hydra", plan.base.hydra);
  write_if_new(folder.hydra(), config::to_yaml(whole));
  for (const Cell& cell : plan.cells) link_run(folder.links() / std::to_string(cell.number), cell.folder.path);
  return folder;
}

std::vector<Cell> read_cells(const SweepFolder& folder) {
  std::vector<Cell> cells;
  for (const std::string& line : CellLine::lines(folder)) cells.push_back(CellLine::read(line, folder.path));
  return cells;
}

Cell read_cell(const SweepFolder& folder, int64_t number) {
  const std::vector<std::string> lines = CellLine::lines(folder);
  require(number >= 0 && number < static_cast<int64_t>(lines.size()), "{} has the cells 0 to {}, not {}",
          shown(folder.path), lines.size() - 1, number);
  return CellLine::read(lines[static_cast<size_t>(number)], folder.path);
}

SweepFolder find_sweep(const std::string& word, const std::string& output) {
  const fs::path typed = fs::absolute(word).lexically_normal();
  for (const fs::path& path : {typed, project_folder() / word}) {
    if (fs::exists(path / "cells.jsonl")) return {path.has_filename() ? path : path.parent_path()};
  }
  const fs::path root = output_root(output);
  std::vector<fs::path> sweeps = SweepSearch::all(root);
  if (word == "last") {
    require(!sweeps.empty(), "there is no sweep below {} yet: start one with `lx run -m`", shown(root));
    return {*std::max_element(sweeps.begin(), sweeps.end(), [](const fs::path& a, const fs::path& b) {
      return SweepSearch::touched(a) < SweepSearch::touched(b);
    })};
  }
  std::erase_if(sweeps, [&](const fs::path& sweep) { return !sweep.filename().string().starts_with(word); });
  require(!word.empty() && !sweeps.empty(),
          "there is no sweep '{}': give its folder, the first digits of its id (below {}), or `last`", word,
          shown(root));
  require(sweeps.size() == 1, "'{}' fits {} sweeps below {}: give more digits", word, sweeps.size(), shown(root));
  return {sweeps.front()};
}

void note_event(const SweepFolder& folder, const std::string& what, int64_t cell, const std::string& detail) {
  try {
    JsonLines events(folder.events());
    const std::string now = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
    events.write({{"time", now},
                  {"launcher", static_cast<int64_t>(::getpid())},
                  {"event", what},
                  {"cell", cell},
                  {"detail", detail}});
  } catch (const Error& error) {
    log::debug("{}", error.what());
  }
}

}  // namespace lx
