// Whether a checkpoint may be gone on with.
#include "base/error.h"
#include "base/log.h"
#include "train/checkpoint.h"

namespace lx {
namespace {

/// The first key (dotted) whose value differs; empty: none.
std::string first_difference(const config::Node& a, const config::Node& b, const std::string& path) {
  if (!a.is_map() || !b.is_map()) return a == b ? "" : path;
  for (const auto& [key, value] : a.map()) {
    const config::Node* other = b.map().find(key);
    const std::string below = path + "." + key;
    if (!other) return below;
    if (const std::string found = first_difference(value, *other, below); !found.empty()) return found;
  }
  for (const auto& [key, value] : b.map())
    if (!a.map().find(key)) return path + "." + key;
  return "";
}

}  // namespace

void check_same_run(const Checkpoint& checkpoint, const TrainState& now) {
  const std::string where = shown(checkpoint.path);
  const TrainState& saved = checkpoint.state;
  require(saved.length == now.length, "the checkpoint {} was trained at length {}, this run wants {}", where,
          saved.length, now.length);
  require(saved.stream == now.stream, "the checkpoint {} was trained with another seed: start a new run", where);
  require(saved.data_hash == now.data_hash, "the checkpoint {} was trained on other data ({}, now {}): start a new run",
          where, saved.data_hash, now.data_hash);
  require(
      saved.precision == now.precision,
      "the checkpoint {} was trained in {}, and this run computes in {} here: go on where runtime.precision means the "
      "same, or start a new run",
      where, saved.precision, now.precision);
  for (const auto& [key, value] : now.config.map()) {
    if (key == "budget" || key == "checkpoint") continue;
    const config::Node* other = saved.config.find(key);
    const std::string differs = other ? first_difference(*other, value, "train." + key) : "train." + key;
    require(differs.empty(), "the checkpoint {} was trained with another {}: start a new run", where, differs);
  }
  if (saved.threads != now.threads)
    log::warning("the checkpoint {} was trained with {} threads, now there are {}: the last bits may differ", where,
                 saved.threads, now.threads);
}

}  // namespace lx
