#include "sweep/cell.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/scalar.h"
#include "config/yaml.h"
#include "experiment/run.h"

#include <fmt/format.h>

#include <system_error>

namespace lx {
namespace {

struct CellFiles {
  static fs::path failure(const RunFolder& run) { return run.path / "failed.json"; }

  static bool finished(const RunFolder& run, std::string& damage) {
    try {
      return finished_record(run).has_value();
    } catch (const Error& error) {
      damage = error.what();
      return false;
    }
  }

  static std::string coordinate_text(const config::Node& value) {
    return value.is_list() || value.is_map() ? config::to_json(value) : config::python_text(value);
  }
};

}  // namespace

std::string Cell::label() const {
  std::vector<std::string> parts;
  for (const auto& [key, value] : coordinates) parts.push_back(key + "=" + CellFiles::coordinate_text(value));
  return parts.empty() ? "the only cell" : join(parts, " ");
}

std::string Cell::value_text(const std::string& key) const {
  for (const auto& [name, value] : coordinates)
    if (name == key) return CellFiles::coordinate_text(value);
  return "";
}

std::string_view cell_state_name(CellState state) {
  switch (state) {
    case CellState::waiting:
      return "waiting";
    case CellState::partial:
      return "stopped";
    case CellState::running:
      return "running";
    case CellState::done:
      return "done";
    case CellState::failed:
      return "failed";
  }
  return "?";
}

CellStatus cell_status(const RunFolder& run, const fs::path& progress_file) {
  CellStatus status;
  if (FileLock::held(run.lock())) {
    status.state = CellState::running;
  } else if (CellFiles::finished(run, status.reason)) {
    status.state = CellState::done;
  } else if (!status.reason.empty()) {
    status.state = CellState::failed;
  } else if (fs::exists(CellFiles::failure(run))) {
    status.state = CellState::failed;
    try {
      status.reason = config::parse_json(read_file(CellFiles::failure(run)), "failed.json").find("reason")->string();
    } catch (const Error&) {
      status.reason = "the reason cannot be read";
    }
  } else if (fs::exists(run.config())) {
    status.state = CellState::partial;
  }
  if (status.state == CellState::running || status.state == CellState::partial)
    status.progress = read_progress(progress_file);
  return status;
}

void note_failure(const RunFolder& run, const std::string& reason) {
  config::Map note;
  note["reason"] = reason;
  try {
    write_file(CellFiles::failure(run), config::to_json(note) + "\n");
  } catch (const Error& error) {
    log::debug("{}", error.what());
  }
}

void forget_failure(const RunFolder& run) {
  std::error_code ignored;
  fs::remove(CellFiles::failure(run), ignored);
}

}  // namespace lx
