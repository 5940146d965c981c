// Looks into a configuration: builds its model without a corpus or training, and tells what its stacks do.
#pragma once

#include "experiment/run_config.h"
#include "report/encoding_view.h"

#include <string>
#include <vector>

namespace lx {

struct ViewRequest {
  std::vector<int64_t> layers;   // shown in detail; empty: one of each kind
  std::vector<int64_t> queries;  // empty: N - 1 and the last
  int64_t length = 0;            // M; 0: the longest of eval.lengths
  bool training = false;         // as it trains, at N tokens
  std::string variant;           // of eval.variants; empty: none
  std::string part;              // of an encoder-decoder: "encoder" or "decoder"; empty: the first there is
};

/// Throws Error for layers, queries and variants that are not there.
EncodingView view_encoding(const ResolvedRun& run, const ViewRequest& request);

}  // namespace lx
