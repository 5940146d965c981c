// What there is to choose from, in one form for people and for tools: what registered itself, and what lies in
// configs/.
#pragma once

#include "config/fields.h"
#include "experiment/methods.h"

#include <functional>
#include <string>
#include <vector>

namespace lx {

struct CatalogueEntry {
  std::string name, summary, source;
  std::string choose;                   // what to write to choose it: "encoding=rope"
  std::string file;                     // in the project; empty for what registered itself
  std::vector<config::KeyHelp> fields;  // its settings, where it has some of its own
  std::function<Method()> method = {};  // where it acts and what computes it; of encodings and modifiers
};

/// A kind may have several sections: models that come ready, and what models are made of.
struct CatalogueSection {
  std::string kind, title;
  std::function<std::vector<CatalogueEntry>()> entries;
};

const std::vector<CatalogueSection>& catalogue();

}  // namespace lx
