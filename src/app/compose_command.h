// lx config compose: composes any folder of YAML files as Hydra does, without knowing what its keys mean.
#pragma once

#include "app/arguments.h"

namespace lx {

/// Prints the configuration, or the jobs of a sweep. Nothing is printed unless all of it is right.
int compose_words(const Arguments& arguments);

}  // namespace lx
