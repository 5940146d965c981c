// The layout of run.h5, less the evaluation: identity, configuration, environment, training.
#include "result/store.h"

#include "base/error.h"
#include "result/hdf5.h"
#include "result/store_eval.h"

#include <array>

namespace lx {
namespace {

constexpr const char* kSchemaName = "lx.run";

template <class T>
struct TrainColumn {
  const char* name;
  std::vector<T> TrainHistory::*member;
  const char* units;
  const char* long_name;
};

constexpr TrainColumn<double> kTrainColumns[] = {
    {"loss", &TrainHistory::loss, "nats/token", "training loss of that step's batch, before the update"},
    {"lr", &TrainHistory::lr, "1", "learning rate"},
    {"grad_norm", &TrainHistory::grad_norm, "1", "norm of the gradient before clipping"},
    {"seconds", &TrainHistory::seconds, "s", "wall time spent training so far"},
};
constexpr TrainColumn<double> kValidColumns[] = {
    {"loss", &TrainHistory::valid_loss, "nats/token", "validation loss at the trained length"},
    {"accuracy", &TrainHistory::valid_accuracy, "1", "fraction of validation targets that were the likeliest token"},
};

hdf5::Dataset write_steps(hdf5::Group& group, const std::vector<int64_t>& steps) {
  hdf5::Dataset scale = group.write("step", steps);
  scale.set("units", "steps");
  scale.set("long_name", "optimizer steps done");
  scale.make_scale("step");
  return scale;
}

template <class T>
void write_column(hdf5::Group& group, const hdf5::Dataset& steps, const TrainColumn<T>& column,
                  const TrainHistory& history) {
  const std::vector<T>& values = history.*(column.member);
  require(static_cast<int64_t>(values.size()) == steps.length(), "{}/{}: {} values for {} steps", group.where(),
          column.name, values.size(), steps.length());
  hdf5::Dataset dataset = group.write(column.name, values);
  dataset.set("units", column.units);
  dataset.set("long_name", column.long_name);
  dataset.attach(std::array{&steps});
}

void write_history(hdf5::Group& root, const TrainHistory& history) {
  hdf5::Group train = root.make("train");
  const hdf5::Dataset steps = write_steps(train, history.step);
  write_column<int64_t>(train, steps, {"tokens", &TrainHistory::tokens, "tokens", "tokens trained on so far"}, history);
  for (const auto& column : kTrainColumns) write_column(train, steps, column, history);

  hdf5::Group valid = root.make("valid");
  const hdf5::Dataset valid_steps = write_steps(valid, history.valid_step);
  for (const auto& column : kValidColumns) write_column(valid, valid_steps, column, history);

  hdf5::Group events = root.make("events");
  std::vector<int64_t> when;
  std::vector<std::string> what;
  for (const TrainHistory::Event& event : history.events) {
    when.push_back(event.step);
    what.push_back(event.what);
  }
  const hdf5::Dataset event_steps = write_steps(events, when);
  hdf5::Dataset names = events.write_strings("what", what, {static_cast<int64_t>(what.size())});
  names.set("long_name", "what happened");
  names.attach(std::array{&event_steps});
}

TrainHistory read_history(const hdf5::Group& root) {
  TrainHistory history;
  const hdf5::Group train = root.group("train"), valid = root.group("valid"), events = root.group("events");
  history.step = train.dataset("step").read<int64_t>();
  history.tokens = train.dataset("tokens").read<int64_t>();
  for (const auto& column : kTrainColumns) history.*(column.member) = train.dataset(column.name).read<double>();
  history.valid_step = valid.dataset("step").read<int64_t>();
  for (const auto& column : kValidColumns) history.*(column.member) = valid.dataset(column.name).read<double>();
  const auto when = events.dataset("step").read<int64_t>();
  const auto what = events.dataset("what").read_strings();
  require(when.size() == what.size(), "{}: {} steps for {} events", events.where(), when.size(), what.size());
  for (size_t i = 0; i < when.size(); ++i) history.events.push_back({when[i], what[i]});
  return history;
}

void write_facts(hdf5::Group group, const Facts& facts) {
  for (const auto& [name, value] : facts) group.set(name, value);
}

Facts read_facts(const hdf5::Group& group) {
  Facts facts;
  for (const std::string& name : group.attribute_names()) facts.emplace_back(name, group.text(name));
  return facts;
}

std::vector<std::string> read_list(const hdf5::Group& group, const std::string& name) {
  return group.dataset(name).read_strings();
}

void check_schema(const hdf5::File& file, const fs::path& path) {
  require(file.has_attribute("schema") && file.text("schema") == kSchemaName,
          "{} is an HDF5 file but no run of lx; give the run.h5 of a run's folder", shown(path));
  const int64_t version = file.integer("schema_version");
  require(version == kSchemaVersion, "{} has layout version {} and this lx reads version {}; use the lx that wrote it",
          shown(path), version, kSchemaVersion);
}

}  // namespace

void write_run(const fs::path& path, const RunRecord& record) {
  hdf5::File file = hdf5::File::in_memory(path.filename().string());
  file.set("schema", kSchemaName);
  file.set("schema_version", kSchemaVersion);
  file.set("title", "one run of lx: training, evaluation at longer lengths, configuration, environment");
  file.set("run_id", record.run_id);
  file.set("experiment", record.experiment);
  file.set("trained_length", record.trained_length);
  file.set("parameters", record.parameters);

  write_history(file, record.train);
  if (record.eval) write_eval(file, *record.eval);

  hdf5::Group config = file.make("config");
  config.write_strings("yaml", std::vector{record.config_yaml}, {}).set("long_name", "the resolved configuration");
  hdf5::Dataset overrides =
      config.write_strings("overrides", record.overrides, {static_cast<int64_t>(record.overrides.size())});
  overrides.set("long_name", "what was typed on the command line");
  write_facts(config.make("choices"), record.choices);
  write_facts(file.make("environment"), record.environment);
  write_file(path, file.image());
}

RunRecord read_run(const fs::path& path, PerToken per_token) {
  const hdf5::File file = hdf5::File::open(path);
  check_schema(file, path);
  RunRecord record;
  record.run_id = file.text("run_id");
  record.experiment = file.text("experiment");
  record.trained_length = file.integer("trained_length");
  record.parameters = file.integer("parameters");
  record.train = read_history(file);
  if (file.has("eval")) record.eval = read_eval(file, per_token);
  const hdf5::Group config = file.group("config");
  const std::vector<std::string> yaml = read_list(config, "yaml");
  record.config_yaml = yaml.empty() ? "" : yaml.front();
  record.overrides = read_list(config, "overrides");
  record.choices = read_facts(config.group("choices"));
  record.environment = read_facts(file.group("environment"));
  return record;
}

}  // namespace lx
