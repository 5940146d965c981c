// What `lx generate` says of what it wrote: as text, and as JSON.
#pragma once

#include "config/node.h"
#include "experiment/generate.h"
#include "model/generate.h"
#include "task/task.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lx {

struct Prompt {
  std::vector<int64_t> tokens;
  std::string document;  // where it was taken from; empty: given
};

struct OnePassCheck {
  double difference = 0;
  bool by_design = false;  // the model looks at the context's length
};

/// All there is to tell.
struct GenerationReport {
  std::string run;
  int64_t step = 0;
  const GenerateRequest& request;
  std::vector<Prompt> prompts;
  Generation generation;  // a row for each sample of each prompt
  std::optional<OnePassCheck> check;
};

/// Of a row of tokens, those before its end (-1).
std::vector<int64_t> written_tokens(const Tensor& row);

/// One prompt: `prompt` and its `samples`; several: `prompts`, each with its samples. A beam search's texts are its
/// samples, the best first, with their scores.
config::Node to_node(const GenerationReport& report, const Task& task);
/// Each text under a line that says which it is.
void print_samples(const GenerationReport& report, const Task& task);
void tell_time(const GenerationReport& report);
/// To standard output, flushed: the reader watches it being written. Throws Error when that cannot be.
void print_text(const std::string& text);

}  // namespace lx
