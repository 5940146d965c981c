// state.json lists the other files with size and hash and carries a hash of itself, so a torn or edited checkpoint is
// known as such before a tensor of it is used.
#include "train/checkpoint.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "ops/product.h"
#include "tensor/safetensors.h"
#include "train/state_json.h"

#include <nlohmann/json.hpp>
#include <torch/version.h>

#include <algorithm>
#include <vector>

namespace lx {
namespace {

using nlohmann::json;

constexpr const char *kModelFile = "model.safetensors", *kOptimizerFile = "optimizer.safetensors",
                     *kEmaFile = "ema.safetensors", *kStateFile = "state.json";

bool is_step_folder(const std::string& name) {
  return name.size() > 5 && name.starts_with("step-") && name.find_first_not_of("0123456789", 5) == std::string::npos;
}

/// Names of the folders in `checkpoints`, sorted; none when it does not exist.
std::vector<std::string> folders_in(const fs::path& checkpoints) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(checkpoints, error), end; !error && it != end; it.increment(error))
    names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return std::pair(a.size(), a) < std::pair(b.size(), b);  // step-100000000 comes after step-99999999
  });
  return names;
}

std::string own_hash(json state) {
  state.erase("hash");
  return hash_hex(state.dump());
}

void check_file(const fs::path& path, const json& listed) {
  const MappedFile file(path);
  require(file.bytes().size() == listed.at("bytes").get<uint64_t>(), "{} has {} bytes of {}", path.string(),
          file.bytes().size(), listed.at("bytes").get<uint64_t>());
  require(Hasher().update(file.bytes().data(), file.bytes().size()).hex() == listed.at("hash").get<std::string>(),
          "{} is damaged: its content does not match its hash", path.string());
}

}  // namespace

fs::path checkpoint_path(const fs::path& checkpoints, int64_t step) {
  return checkpoints / fmt::format("step-{:08}", step);
}

void save_checkpoint(const fs::path& folder, const TrainState& state, const CheckpointTensors& tensors) {
  try {
    PendingFolder pending(folder);
    json files = json::object();
    const auto write = [&](const char* name, const NamedTensors& content) {
      const WrittenFile file = write_safetensors(pending.part() / name, content, {{"format", "pt"}});
      files[name] = {{"bytes", file.bytes}, {"hash", file.hash}};
    };
    write(kModelFile, tensors.model);
    write(kOptimizerFile, tensors.optimizer);
    if (!tensors.ema.empty()) write(kEmaFile, tensors.ema);
    json root = state_to_json(state);
    root["files"] = files;
    root["versions"] = {{"libtorch", TORCH_VERSION}};
    root["hash"] = own_hash(root);
    write_file(pending.part() / kStateFile, root.dump(1) + "\n");
    pending.commit();
  } catch (const std::exception& error) {  // fs and json errors too: the folder is the place that matters
    throw MachineError(fmt::format("the checkpoint {} could not be saved ({}); older checkpoints are untouched",
                                   shown(folder), error.what()));
  }
}

Checkpoint open_checkpoint(const fs::path& folder) {
  const fs::path path = folder / kStateFile;
  const std::string text = read_file(path);
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  require(root.is_object() && root.contains("format") && root["format"] == kCheckpointFormat,
          "{} is not the state of an lx checkpoint", path.string());
  try {
    require(root.at("version") == kCheckpointVersion, "{} has format version {}, this lx reads version {}",
            path.string(), root.at("version").dump(), kCheckpointVersion);
    require(root.at("hash") == own_hash(root), "{} is damaged: its content does not match its hash", path.string());
    const json& files = root.at("files");
    require(files.contains(kModelFile) && files.contains(kOptimizerFile), "{} does not list its tensors",
            path.string());
    for (const auto& [name, listed] : files.items()) {
      require(name == kModelFile || name == kOptimizerFile || name == kEmaFile, "{} lists the unknown file '{}'",
              path.string(), name);
      check_file(folder / name, listed);
    }
    return {folder, state_from_json(root)};
  } catch (const json::exception&) {
    fail("{} is not the state of an lx checkpoint", path.string());
  }
}

void load_checkpoint(const Checkpoint& checkpoint, const CheckpointTensors& tensors) {
  const auto load = [&](const char* name, const NamedTensors& into, const std::string& target) {
    const fs::path path = checkpoint.path / name;
    copy_strictly(SafetensorsFile(path).all(), into, shown(path), target);
    weights_changed();
  };
  const bool has_ema = fs::exists(checkpoint.path / kEmaFile);
  require(has_ema == !tensors.ema.empty(), "the checkpoint {} was written {} an average of the weights (train.ema)",
          shown(checkpoint.path), has_ema ? "with" : "without");
  load(kModelFile, tensors.model, "model");
  load(kOptimizerFile, tensors.optimizer, "optimizer");
  if (has_ema) load(kEmaFile, tensors.ema, "average of the weights");
}

std::optional<Checkpoint> find_last(const fs::path& checkpoints) {
  std::vector<std::string> names = folders_in(checkpoints);
  std::reverse(names.begin(), names.end());
  for (const std::string& name : names) {
    if (!is_step_folder(name)) continue;
    try {
      return open_checkpoint(checkpoints / name);
    } catch (const Error& error) {
      log::warning("passing over the checkpoint {}: {}", shown(checkpoints / name), error.what());
    }
  }
  return std::nullopt;
}

std::optional<Checkpoint> find_best(const fs::path& checkpoints) {
  // best.old: the program was killed between the two renames that replace a folder.
  for (const fs::path& folder : {checkpoints / "best", checkpoints / "best.old"}) {
    if (!fs::exists(folder)) continue;
    try {
      return open_checkpoint(folder);
    } catch (const Error& error) {
      log::warning("passing over the checkpoint {}: {}", shown(folder), error.what());
    }
  }
  return std::nullopt;
}

void remove_older(const fs::path& checkpoints, int64_t keep) {
  std::vector<std::string> steps;
  std::error_code ignored;
  for (const std::string& name : folders_in(checkpoints)) {
    if (is_step_folder(name))
      steps.push_back(name);
    else if (name.starts_with("step-") && (name.ends_with(".part") || name.ends_with(".old")))
      fs::remove_all(checkpoints / name, ignored);
  }
  for (size_t i = 0; i + static_cast<size_t>(keep) < steps.size(); ++i) {
    // Renamed first: a half-removed folder must not look like a checkpoint.
    const fs::path doomed = checkpoints / (steps[i] + ".old");
    fs::rename(checkpoints / steps[i], doomed, ignored);
    if (!ignored) fs::remove_all(doomed, ignored);
  }
}

void load_weights(const fs::path& folder, const NamedTensors& model) {
  const Checkpoint checkpoint = open_checkpoint(folder);
  NamedTensors weights = SafetensorsFile(checkpoint.path / kModelFile).all();
  if (fs::exists(checkpoint.path / kEmaFile)) {
    const SafetensorsFile average(checkpoint.path / kEmaFile);
    for (auto& [name, tensor] : weights)
      if (average.contains(name)) tensor = average.tensor(name);
  }
  copy_strictly(weights, model, shown(folder), "model");
  weights_changed();
}

}  // namespace lx
