// lx show: a run that is there, or what an encoding does before anything is trained.
#pragma once

#include "app/arguments.h"
#include "experiment/run_config.h"

#include <functional>
#include <vector>

namespace lx {

/// The flags of an encoding's view.
std::vector<Flag> show_flags();

/// No words, or one that is no setting: a run. Else a configuration, composed by `request` as for lx run.
int show(const Arguments& arguments, const std::function<ConfigRequest(const Arguments&)>& request);

}  // namespace lx
