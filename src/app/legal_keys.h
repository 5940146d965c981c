// Every key that a configuration may hold, with what a `name:` chooses.
#pragma once

#include "config/fields.h"

#include <string>
#include <vector>

namespace lx {

struct LegalKey {
  config::KeyHelp help;   // its path is the full key
  std::string chosen_by;  // the name that it belongs to; empty: always there
};

/// Without modifiers, which stand in lists.
std::vector<LegalKey> legal_keys();

/// A section that `name` chooses, and the names.
struct ChoosingKey {
  std::string path;
  std::vector<std::string> names;
};
std::vector<ChoosingKey> choosing_keys();

}  // namespace lx
