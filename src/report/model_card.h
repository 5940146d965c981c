// What models cost, for people and tools: a card of one model, or several side by side with ratios to the first. Filled
// by experiment/model_card.h.
#pragma once

#include "config/node.h"

#include <optional>
#include <string>
#include <vector>

namespace lx {

struct ModelFact {
  std::string key, label;  // for JSON, for people
  config::Node value;
};

struct CostRow {
  enum class Unit { count, operations, bytes };
  std::string key;    // in JSON
  std::string label;  // for people
  Unit unit = Unit::count;
  std::optional<double> value;  // empty: means nothing for this model
};

struct CostGroup {
  std::string key, label;
  std::vector<CostRow> rows;
};

struct ModelCard {
  std::string name;               // what tells it from the others
  std::vector<ModelFact> facts;   // architecture, sizes, lengths; each card may have its own
  std::vector<CostGroup> groups;  // the same keys in every card
  std::vector<std::string> notes;
};

/// A table, a column a model.
std::string model_cards_text(const std::vector<ModelCard>& cards);
/// A list of objects; numbers as they are.
std::string model_cards_json(const std::vector<ModelCard>& cards);

}  // namespace lx
