#include "sweep/plan.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "config/compose.h"
#include "config/experiment_file.h"
#include "config/override.h"
#include "config/scalar.h"
#include "config/sweep.h"
#include "experiment/run.h"
#include "experiment/scoring.h"
#include "sweep/launcher_choice.h"
#include "sweep/place.h"
#include "task/registry.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

namespace lx {
namespace {

/// "+encoding@probe" and "encoding@probe" are one key.
std::string plain_key(const std::string& key) { return key.substr(std::min(key.find_first_not_of('+'), key.size())); }

struct AxisBuilder {
  static Axis from(const config::SweepAxis& swept) {
    if (swept.interval)
      config::fail_at(swept.place,
                      "BasicSweeper does not support sweep type : INTERVAL_SWEEP; a search does: "
                      "hydra/sweeper=random, quasi_random or halving");
    Axis axis;
    for (const std::string& text : swept.values) axis.push_back({setting_of(swept, text)});
    return axis;
  }

  static bool names(const Axis& axis, const std::string& key) {
    return !axis.empty() && std::any_of(axis[0].begin(), axis[0].end(), [&](const Setting& setting) {
      return plain_key(setting.key) == plain_key(key);
    });
  }
};

/// Combines axes and the settings of points into jobs.
struct Grid {
  /// Every combination, the last axis changing fastest.
  static std::vector<Point> product(const std::vector<Axis>& axes) {
    std::vector<Point> points{{}};
    for (const Axis& axis : axes) {
      std::vector<Point> longer;
      require(points.size() * axis.size() <= 1'000'000, "the sweep has more than a million cells");
      for (const Point& point : points) {
        for (const Point& choice : axis) {
          longer.push_back(point);
          longer.back().insert(longer.back().end(), choice.begin(), choice.end());
        }
      }
      points = std::move(longer);
    }
    return points;
  }

  static const Setting* find(const Point& point, const std::string& key) {
    for (const Setting& setting : point)
      if (plain_key(setting.key) == plain_key(key)) return &setting;
    return nullptr;
  }

  static bool matches(const Point& point, const Point& pattern) {
    return std::all_of(pattern.begin(), pattern.end(), [&](const Setting& wanted) {
      const Setting* have = find(point, wanted.key);
      return have && have->value == wanted.value;
    });
  }
};

struct PlanBuilder {
  const ConfigRequest& request;
  const SweepAxes& axes;
  std::unique_ptr<Launcher> launcher;
  SweepPlan plan;
  std::map<std::string, std::string> hashes;  // data section -> what it holds
  std::set<std::string> tried;

  PlanBuilder(const ConfigRequest& asked, const SweepAxes& wanted)
      : request(asked), axes(wanted), launcher(launcher_of(wanted.base)) {}

  SweepPlan build(const std::vector<Point>& points) {
    require(!points.empty(), "the sweep has no cells: every combination is excluded, or a range is empty");
    plan.base = axes.base;
    find_keys(points);
    for (const Point& point : points) add(point);
    std::string all;
    for (const Cell& cell : plan.cells) all += cell.id + "\n";
    plan.id = hash_hex(all).substr(0, 12);
    return placed();
  }

  /// More cells for a plan whose id and keys are known.
  SweepPlan extend(SweepPlan known, const std::vector<Point>& points) {
    plan = std::move(known);
    for (const Point& point : points) add(point);
    return placed();
  }

  SweepPlan placed() {
    plan.folder = sweep_directory(plan.base, plan.id);
    if (!has_usual_sweep_place(plan.base)) settle_folders();
    return std::move(plan);
  }

  /// The keys that vary, or that only some points have.
  void find_keys(const std::vector<Point>& points) {
    std::vector<std::string> order;
    for (const Point& point : points)
      for (const Setting& setting : point)
        if (std::find(order.begin(), order.end(), setting.key) == order.end()) order.push_back(setting.key);
    for (const std::string& key : order) {
      const Setting* first = Grid::find(points[0], key);
      const bool varies = std::any_of(points.begin(), points.end(), [&](const Point& point) {
        const Setting* here = Grid::find(point, key);
        return !here != !first || (here && here->text != first->text);
      });
      const bool several = std::any_of(axes.axes.begin(), axes.axes.end(), [&](const Axis& axis) {
        return axis.size() > 1 && AxisBuilder::names(axis, key);
      });
      if (varies || several) plan.keys.push_back(plain_key(key));
    }
  }

  void add(const Point& point) {
    Cell cell;
    cell.number = static_cast<int64_t>(plan.cells.size());
    ConfigRequest one = request;
    one.overrides = axes.files;
    one.job_num = cell.number;
    for (const Setting& setting : point) {
      one.overrides.push_back(setting.word);
      if (!config::is_hydra_override(setting.word)) cell.overrides.push_back(setting.word);
    }
    for (const std::string& key : plan.keys)
      if (const Setting* setting = Grid::find(point, key)) cell.coordinates.emplace_back(key, setting->value);
    try {
      cell.run = make_run_config(one);
      settle_threads(cell.run);
      check_cell(cell);
    } catch (const Error& error) {
      throw Error(fmt::format("cell {} ({}): {}", cell.number, cell.label(), error.what()));
    }
    plan.cells.push_back(std::move(cell));
  }

  /// "All cores" means the launcher's share of them, and is written down so that it is the same wherever it runs.
  void settle_threads(ResolvedRun& run) const {
    if (run.config.runtime.threads != 0) return;
    run.config.runtime.threads = launcher->threads();
    run.resolved.set("runtime.threads", config::Node(launcher->threads()));
    run.composed.set("runtime.threads", config::Node(launcher->threads()));
  }

  /// The folders that hydra.sweep.dir and hydra.sweep.subdir ask for.
  void settle_folders() {
    std::map<fs::path, int64_t> taken;
    for (Cell& cell : plan.cells) {
      cell.folder.path = cell_directory(cell.run, plan.folder, cell.id);
      const auto [other, fresh] = taken.emplace(cell.folder.path, cell.number);
      require(fresh || plan.cells[static_cast<size_t>(other->second)].id == cell.id,
              "cells {} and {} would share the folder {}: let hydra.sweep.subdir tell them apart", other->second,
              cell.number, shown(cell.folder.path));
    }
  }

  /// All that lx run would refuse before it trains; once for cells that differ in the seed only.
  void check_cell(Cell& cell) {
    config::Node like = cell.run.resolved;
    for (const char* key : {"seed", "experiment", "output"}) like.map().erase(key);
    const std::string data = config::hash(cell.run.config.data);
    const bool fresh = tried.insert(config::hash(like)).second;
    if (fresh || !hashes.contains(data)) {
      const auto task = make_task(cell.run.config.data);
      hashes[data] = task->content_hash();
      RunConfig config = cell.run.config;
      (void)fresh_model(config, *task);
      (void)try_variants(config, *task);  // its remarks stand in the log of each cell
      objective_of(config, task->vocabulary())->check_lengths(config.eval.lengths);
      (void)fetch_texts(config.eval, *task, config.length);
    }
    cell.id = run_id(cell.run.resolved, hashes.at(data));
    cell.folder = run_folder(cell.run.config, cell.id);
  }
};

config::Node sweeper_params(const ConfigRequest& request) {
  ConfigRequest common = request;
  common.common = true;
  return config::resolve_hydra(compose_run_config(common).composition(), "sweeper.params");
}

void refuse_batches(const config::Node& hydra) {
  const config::Node* most = hydra.find("sweeper.max_batch_size");
  if (most && !most->is_null())
    config::fail_at(
        most->place,
        "hydra.sweeper.max_batch_size: lx plans all cells together and starts them as there is room; leave it "
        "out (launcher.jobs says how many run at once)");
}

}  // namespace

bool asks_for_sweep(const ResolvedRun& run) {
  return config::resolve_hydra(run.composition(), "mode") == config::Node("MULTIRUN") ||
         !read_sweep_block(run.config.sweep).empty() || runs_elsewhere(run);
}

Setting setting_of(const config::SweepAxis& axis, const std::string& text) {
  const std::string word = axis.text(text);
  return {axis.key, word, text, config::parse_override(word).value()};
}

Point laid_over(Point point, const Point& over) {
  for (const Setting& setting : over) {
    const auto same = std::find_if(point.begin(), point.end(), [&](const Setting& other) {
      return plain_key(other.key) == plain_key(setting.key);
    });
    if (same != point.end())
      *same = setting;
    else
      point.push_back(setting);
  }
  return point;
}

std::vector<config::SweepAxis> typed_axes(const ConfigRequest& request, std::vector<std::string>& files) {
  std::vector<std::string> overrides;
  for (const std::string& word : request.overrides)
    (config::is_experiment_file(word) ? files : overrides).push_back(word);
  const auto options = [&](const std::string& group) { return config::options(search_path(request), group); };
  return config::sweep_axes(sweeper_params(request), overrides, options);
}

SweepAxes sweep_axes_of(const ConfigRequest& request) {
  SweepAxes out;
  ConfigRequest first = request;
  const std::vector<config::SweepAxis> typed = typed_axes(request, out.files);
  // The first point of every axis is enough to compose, and so to read the rest.
  first.overrides = out.files;
  for (const config::SweepAxis& axis : typed)
    if (!axis.values.empty()) first.overrides.push_back(axis.text(axis.values.front()));
  out.base = make_run_config(first);
  refuse_batches(out.base.hydra);
  out.block = read_sweep_block(out.base.config.sweep);

  const auto on_command_line = [&](const std::string& key) {
    return std::any_of(typed.begin(), typed.end(),
                       [&](const auto& axis) { return plain_key(axis.key) == plain_key(key); });
  };
  for (Axis& axis : out.block.axes) {
    const bool replaced = axis[0].size() == 1 && on_command_line(axis[0][0].key);
    for (const Setting& setting : axis[0])
      require(replaced || !on_command_line(setting.key),
              "{} is given on the command line and stands in a zipped list of the sweep: change that list",
              setting.key);
    if (!replaced) out.axes.push_back(std::move(axis));
  }
  for (const config::SweepAxis& axis : typed) out.axes.push_back(AxisBuilder::from(axis));
  if (!out.block.seeds.empty() && !on_command_line("seed")) out.axes.push_back(out.block.seeds);
  out.block.axes.clear();
  return out;
}

SweepPlan extend_plan(SweepPlan plan, const ConfigRequest& request, const SweepAxes& axes,
                      const std::vector<Point>& points) {
  return PlanBuilder(request, axes).extend(std::move(plan), points);
}

SweepPlan plan_sweep(const ConfigRequest& request) {
  const SweepAxes axes = sweep_axes_of(request);
  std::vector<Point> points = Grid::product(axes.axes);
  for (const Point& pattern : axes.block.exclude) {
    for (const Setting& setting : pattern) {
      const bool known = std::any_of(axes.axes.begin(), axes.axes.end(),
                                     [&](const Axis& axis) { return AxisBuilder::names(axis, setting.key); });
      if (!known)
        config::fail_at(setting.value.place, fmt::format("sweep.exclude: {} is no key of the sweep", setting.key));
    }
    std::erase_if(points, [&](const Point& point) { return Grid::matches(point, pattern); });
  }
  if (!axes.block.cells.empty()) {
    std::vector<Axis> fixed;  // what every cell has: settings with one value, and the seeds
    bool several = false;
    for (const Axis& axis : axes.axes) {
      if (axis.size() == 1 || AxisBuilder::names(axis, "seed"))
        fixed.push_back(axis);
      else
        several = true;
    }
    if (!several) points.clear();  // no product was asked for: the cells are all there is
    for (const Point& cell : axes.block.cells)
      for (const Point& common : Grid::product(fixed)) points.push_back(laid_over(common, cell));
  }
  return PlanBuilder(request, axes).build(points);
}

}  // namespace lx
