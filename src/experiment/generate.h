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
  std::vector<std::string> prompts;      // each is gone on from; empty: the beginning of a document of eval.split
  std::optional<int64_t> prompt_tokens;  // how much of that document; absent: what the model was trained to go on from
  std::string variant;                   // a name in eval.variants; empty: the model as trained
  int64_t tokens = 200, samples = 1;     // samples of each prompt
  std::vector<std::string> stop;         // a text ends once one of these was written
  int64_t beams = 1;                     // above 1: beam search, whose texts take the place of samples
  double length_penalty = 0;
  Sampling sampling;
  int64_t seed = 0;
  bool check = false;  // compare with one pass over everything
  bool json = false;
};

/// Writes the continuation to standard output and what was done to standard error. `overrides` may change
/// eval.variants, eval.split and runtime.*. Returns the signal that stopped it, 0 when it finished.
int generate_text(const RunFolder& folder, const std::vector<std::string>& overrides, const GenerateRequest& request);

}  // namespace lx
