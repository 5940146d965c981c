// The card of a configuration's model: parameters, operations and memory, by formula.
#pragma once

#include "experiment/run_config.h"
#include "report/model_card.h"

#include <string>

namespace lx {

/// `name`: what it is called; `length`: M, the longer text of decoding; 0: the longest of eval.lengths. Builds the
/// model and its optimizer's state, runs neither, and reads no corpus.
ModelCard model_card(const ResolvedRun& run, const std::string& name, int64_t length);

}  // namespace lx
