// model.match: a model is made as large as another one, so that architectures are compared at equal cost.
//
// Width first, the largest that costs no more than the reference; then the inner width of the feed-forward part (of a
// gated unit: of the unit). Layers and heads stay. A model that costs the same already (within 1 %) is left as it is.
#pragma once

#include "experiment/run_config.h"

namespace lx {

/// Chooses the sizes that model.match asks for and writes them into run.resolved and run.config; `match` itself is
/// taken out, so that a stored configuration holds numbers. The reference is composed from the same request with
/// another model; settings of the model that were typed hold for both, where the reference has them. Throws Error when
/// no width and inner width come within 1 %, with the nearest.
void settle_match(ResolvedRun& run, const ConfigRequest& request);

}  // namespace lx
