#include "experiment/run.h"

#include "base/build_info.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/log_levels.h"
#include "base/text.h"
#include "config/yaml.h"
#include "experiment/provenance.h"
#include "experiment/recorder.h"
#include "experiment/reopen.h"
#include "experiment/run_settings.h"
#include "experiment/scoring.h"
#include "report/curves.h"
#include "report/run_report.h"
#include "result/store.h"
#include "task/registry.h"
#include "train/interrupt.h"
#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <thread>

namespace lx {
namespace {

struct RunFiles {
  /// The folder of a run that is no other process's business while the lock lives.
  static FileLock lock(const RunFolder& folder) {
    for (int tries = 0; tries < 10; ++tries) {  // someone who only looks (FileLock::held) is gone in no time
      if (auto lock = FileLock::try_lock(folder.lock())) return std::move(*lock);
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
    throw BusyError(
        fmt::format("another lx is at work on this run ({}): wait for it, or change a setting", shown(folder.path)));
  }

  /// What Hydra keeps, in its own folder, and what it does not: the configuration as it was meant, and where it ran.
  static void write_configuration(const RunFolder& folder, const ResolvedRun& run, const RunSettings& settings,
                                  const Facts& environment) {
    write_file(folder.config(), config::to_yaml(run.resolved));
    config::Map facts;
    for (const auto& [name, value] : environment) facts[name] = value;
    write_file(folder.path / "environment.yaml", config::to_yaml(config::Node(std::move(facts))));
    if (!settings.subfolder) return;
    const fs::path asked = folder.path / *settings.subfolder;
    config::List overrides;
    for (const std::string& text : run.overrides)
      if (!about_hydra(text)) overrides.emplace_back(text);
    config::Map hydra;
    hydra["hydra"] = run.hydra;
    config::Node whole(std::move(hydra));
    whole.set("hydra.runtime.output_dir", config::Node(folder.path.string()));
    write_file(asked / "config.yaml", config::to_yaml(run.composed));
    write_file(asked / "hydra.yaml", config::to_yaml(whole));
    write_file(asked / "overrides.yaml", config::to_yaml(config::Node(std::move(overrides))));
  }

  static bool about_hydra(const std::string& text) {
    const std::string key = text.substr(std::min(text.find_first_not_of("+~"), text.size()));
    return key.starts_with("hydra.") || key.starts_with("hydra/");
  }

  /// Takes away what an earlier run left; in a folder that a person chose, nothing else.
  static void forget(const RunFolder& folder, const RunSettings& settings, bool chosen) {
    static const std::set<std::string> kOurs{"run.h5",        "config.yaml", "environment.yaml", "lx.log",
                                             "metrics.jsonl", "tensorboard", "checkpoints",      "curves.svg",
                                             "table.txt",     "eval"};
    for (const auto& entry : fs::directory_iterator(folder.path)) {
      const std::string name = entry.path().filename().string();
      const bool ours = kOurs.contains(name) || (settings.subfolder && name == *settings.subfolder);
      if (name != ".lock" && (ours || !chosen)) fs::remove_all(entry.path());
    }
  }

  static void write_results(const RunFolder& folder, const RunRecord& record, const std::string& report) {
    if (record.eval) write_curves(folder.curves(), *record.eval);
    write_file(folder.table(), report);
    write_run(folder.results(), record);  // last: when it holds an evaluation, the run is finished
  }
};

std::string report_of(const RunFolder& folder, const RunRecord& record, bool suggestions) {
  RenderOptions options;
  options.where = {
      fmt::format("{} (HDF5: xarray.open_dataset(..., group=\"eval\"))", shown(folder.results())),
      fmt::format("{}, curves.svg, metrics.jsonl, tensorboard/, checkpoints/ beside it", shown(folder.table()))};
  if (suggestions) {
    const char* typed = std::getenv("LX_COMMAND");  // how the user calls us: scripts/lx sets it
    const std::string lx = typed && *typed ? typed : "lx";
    const bool usual = folder.path.parent_path().parent_path() == output_root("results");
    const std::string run = usual ? folder.path.filename().string().substr(0, 8) : shown(folder.path);
    const int64_t window = std::max<int64_t>(record.trained_length / 2, 1);
    options.next = {
        fmt::format("{} eval {} '+eval.variants.leaky=[{{rerope: {{window: {}, interval: 0.1}}}}]'   another remedy, "
                    "no training",
                    lx, run, window),
        fmt::format("{} run encoding=hwfa     another method, trained ({} list encoding shows all)", lx, lx),
        fmt::format("{} run seed=1            the same with another seed: how much is luck?", lx),
        fmt::format("{} run data=kernel_c     other text ({} data list shows all)", lx, lx)};
  }
  return render_run(record, options);
}

}  // namespace

std::optional<RunRecord> finished_record(const RunFolder& folder) {
  if (!fs::exists(folder.results())) return std::nullopt;
  RunRecord record = read_run(folder.results(), PerToken::skip);
  return record.eval ? std::optional(std::move(record)) : std::nullopt;
}

RunFolder run_folder(const RunConfig& config, const std::string& id) {
  return {output_root(config.output) / config.experiment / id};
}

namespace {

void announce(const RunConfig& config, const Model& model, const Machine& machine, const RunFolder& folder) {
  log::info("{} · products in {}", one_line(machine), precision_name(precision()));
  if (const std::string slow = advice(machine); !slow.empty()) log::warning("{}", slow);
  const config::Node* corpus = config.data.find("name");
  log::info("{}: {} parameters, N = {}, {} text; run {}", config.experiment,
            format_count(static_cast<double>(parameter_count(model))), config.length,
            corpus && corpus->is_string() ? corpus->string() : "own", shown(folder.path));
}

}  // namespace

RunOutcome run_experiment(const ResolvedRun& run, const RunOptions& options) {
  RunConfig config = run.config;
  const RunSettings settings = run_settings(run);
  apply(settings);
  apply(config.runtime);
  const auto task = make_task(config.data);
  const std::string id = run_id(run.resolved, task->content_hash());
  const RunFolder folder =
      options.folder.empty() ? place_of_run(run, id, task->content_hash()) : RunFolder{options.folder};
  make_folders(folder.path);
  const FileLock lock = RunFiles::lock(folder);
  const bool chosen = folder.path != run_folder(config, id).path;
  if (options.restart) RunFiles::forget(folder, settings, chosen);
  if (const auto done = finished_record(folder)) {
    log::info("this run is finished already ({}); --restart does it again", shown(folder.path));
    fmt::print("{}", report_of(folder, *done, true));
    return {.folder = folder, .found = true};
  }

  if (settings.file) {
    log::record_from(*settings.file);
    log::to_file(folder.log());
  }
  const InterruptGuard guard;
  const Machine machine = describe_machine();
  auto model = fresh_model(config, *task);
  for (const std::string& remark : model->remarks()) log::warning("{}", remark);
  for (const std::string& remark : try_variants(config, *task)) log::warning("{}", remark);
  objective_of(config, task->vocabulary())->check_lengths(config.eval.lengths);
  fetch_texts(config.eval, *task, config.length);  // the same for documents that are too short
  if (!run.sizes.empty()) log::info("{}", run.sizes);
  announce(config, *model, machine, folder);
  const Facts environment = describe_environment(config, *task, machine);
  RunFiles::write_configuration(folder, run, settings, environment);
  if (chosen) note_elsewhere(output_root(config.output), id, folder);

  RunRecord record;
  record.run_id = id;
  record.experiment = config.experiment;
  record.trained_length = config.length;
  record.parameters = parameter_count(*model);
  record.config_yaml = config::to_yaml(run.resolved);
  record.choices = run.choices;
  record.overrides = run.overrides;
  record.environment = environment;

  Recorder recorder(folder, record.train, [&] { write_run(folder.results(), record); });
  const auto objective = objective_of(config, task->vocabulary());
  const AskedTask asked(*task, *objective);
  Trainer trainer(*model, asked, config.train, config.length, Random(static_cast<uint64_t>(config.seed)).fork("train"),
                  folder.checkpoints(), [&] {
                    return std::map<std::string, std::string>{{"metrics", std::to_string(recorder.offset())}};
                  });
  const auto earlier = trainer.resume();
  if (earlier) log::info("going on from step {}", earlier->step);
  recorder.rewind(earlier && earlier->extra.contains("metrics") ? std::stoll(earlier->extra.at("metrics")) : 0,
                  earlier ? earlier->step : 0);
  Observer* const observers[] = {&recorder};
  const Outcome outcome = trainer.run(observers);
  recorder.finish();
  if (outcome == Outcome::interrupted) {
    log::info("interrupted at step {}: saved; the same command goes on from there", trainer.state().step);
    return {folder, interrupt_signal()};
  }
  trainer.adopt_average();

  try {
    record.eval = score(config, *task, *model);
  } catch (const ScoringInterrupted&) {
    log::info("interrupted while scoring: the trained model is saved; the same command scores it");
    return {folder, interrupt_signal()};
  }
  const std::string report = report_of(folder, record, true);
  RunFiles::write_results(folder, record, report);
  fmt::print("\n{}", report);
  return {folder};
}

RunOutcome evaluate_run(const RunFolder& folder, const std::vector<std::string>& overrides) {
  const config::Node resolved = reopen_configuration(folder, overrides, {"eval.", "runtime."}, "scoring again");
  RunConfig config = read_run_config(resolved);
  apply(config.runtime);
  const auto task = make_task(config.data);
  const InterruptGuard guard;
  auto model = fresh_model(config, *task);
  for (const std::string& remark : try_variants(config, *task)) log::warning("{}", remark);
  const Checkpoint checkpoint = newest_checkpoint(folder);
  require(checkpoint.state.data_hash == task->content_hash(),
          "{} was trained on another state of its corpus: its test documents may have been trained on; train anew with "
          "`lx run`",
          shown(folder.path));
  load_weights(checkpoint.path, *model);
  announce(config, *model, describe_machine(), folder);

  RunRecord record;
  if (fs::exists(folder.results())) record = read_run(folder.results(), PerToken::skip);
  if (record.run_id.empty()) record.run_id = folder.path.filename().string();
  record.experiment = config.experiment;
  record.trained_length = config.length;
  record.parameters = parameter_count(*model);
  record.config_yaml = config::to_yaml(resolved);
  record.overrides.insert(record.overrides.end(), overrides.begin(), overrides.end());
  record.environment = describe_environment(config, *task, describe_machine());
  try {
    record.eval = score(config, *task, *model);
  } catch (const ScoringInterrupted&) {
    return {folder, interrupt_signal()};
  }

  const std::string id =
      hash_hex(config::hash(*resolved.find("eval")) + std::to_string(checkpoint.state.step)).substr(0, 12);
  const RunFolder place{folder.evaluations() / id};
  make_folders(place.path);
  RenderOptions options;
  options.where = {shown(place.results()), shown(place.curves())};
  const std::string report = render_run(record, options);
  RunFiles::write_results(place, record, report);
  fmt::print("\n{}", report);
  return {place};
}

void show_run(const RunFolder& folder) {
  require(fs::exists(folder.results()), "{} has no results yet: the run was stopped before its first checkpoint",
          shown(folder.path));
  const RunRecord record = read_run(folder.results(), PerToken::skip);
  RenderOptions options;
  options.details = true;
  options.where = {shown(folder.results())};
  fmt::print("{}", render_run(record, options));
}

}  // namespace lx
