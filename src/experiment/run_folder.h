// The folder of one run, results/<experiment>/<run id>/, and finding one again.
#pragma once

#include "base/files.h"

#include <string>

namespace lx {

struct RunFolder {
  fs::path path;
  fs::path lock() const { return path / ".lock"; }  // held while someone works on the run
  fs::path results() const { return path / "run.h5"; }
  fs::path config() const { return path / "config.yaml"; }
  fs::path log() const { return path / "lx.log"; }
  fs::path metrics() const { return path / "metrics.jsonl"; }
  fs::path tensorboard() const { return path / "tensorboard"; }
  fs::path checkpoints() const { return path / "checkpoints"; }
  fs::path curves() const { return path / "curves.svg"; }
  fs::path table() const { return path / "table.txt"; }
  fs::path evaluations() const { return path / "eval"; }
};

/// `output` as an absolute folder: relative ones are below the project.
fs::path output_root(const std::string& output);

/// Remembers a run that lies elsewhere than below `root`, for find_run().
void note_elsewhere(const fs::path& root, const std::string& id, const RunFolder& folder);

/// The run a person means: a run's folder, a run.h5 in it, the first digits of a run id, or "last". Throws Error that
/// says what was looked for.
RunFolder find_run(const std::string& word, const std::string& output = "results");

}  // namespace lx
