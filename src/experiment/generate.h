// `lx generate`: text from the checkpoint of a run, under any variant of the run or of the command line.
#pragma once

#include "experiment/run_folder.h"
#include "model/sampler.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lx {

struct GenerateRequest {
  std::optional<std::string> prompt;     // absent: the beginning of a document of eval.split
  std::optional<int64_t> prompt_tokens;  // how much of that document; absent: the trained length
  std::string variant;                   // a name in eval.variants; empty: the model as trained
  int64_t tokens = 200, samples = 1;
  Sampling sampling;
  int64_t seed = 0;
  bool check = false;  // compare with one pass over everything
  bool json = false;
};

/// Writes the continuation to standard output and what was done to standard error. `overrides` may change
/// eval.variants, eval.split and runtime.*. Returns the signal that stopped it, 0 when it finished.
int generate_text(const RunFolder& folder, const std::vector<std::string>& overrides, const GenerateRequest& request);

}  // namespace lx
