#include "sweep/search_objective.h"

#include "base/error.h"
#include "base/text.h"
#include "config/scalar.h"
#include "experiment/scoring.h"

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

struct ObjectiveLookup {
  static size_t index(const std::vector<std::string>& names, const std::optional<std::string>& wanted,
                      const char* what) {
    if (!wanted) return 0;
    const auto found = std::find(names.begin(), names.end(), *wanted);
    require(found != names.end(), "hydra.sweeper.objective.{}: this run has no {} '{}', it has {}", what, what, *wanted,
            join(names, ", "));
    return static_cast<size_t>(found - names.begin());
  }

  static size_t length(const std::vector<int64_t>& lengths, const config::Node& wanted) {
    if (wanted == config::Node("longest"))
      return static_cast<size_t>(std::max_element(lengths.begin(), lengths.end()) - lengths.begin());
    const std::string text = config::python_text(wanted);
    std::vector<std::string> known;
    for (const int64_t length : lengths) {
      if (std::to_string(length) == text) return known.size();
      known.push_back(std::to_string(length));
    }
    config::fail_at(wanted.place, fmt::format("hydra.sweeper.objective.length is `longest` or one of eval.lengths "
                                              "({}), got '{}'",
                                              join(known, ", "), text));
  }

  static double value(const EvalCell& cell, SearchValue which) {
    switch (which) {
      case SearchValue::loss:
        return cell.loss;
      case SearchValue::perplexity:
        return cell.perplexity;
      case SearchValue::bits_per_byte:
        return cell.bits_per_byte;
      case SearchValue::accuracy:
        return cell.accuracy;
      case SearchValue::difference:
        return cell.difference;
      case SearchValue::accuracy_difference:
        return cell.accuracy_difference;
      case SearchValue::change:
        return cell.change;
      case SearchValue::gap:
        return cell.gap;
    }
    return NAN;
  }
};

}  // namespace

void check_objective(const SearchObjective& objective, const RunConfig& run) {
  const std::vector<std::string> texts = tabulated_texts(run.eval, *objective_of(run, 256));
  std::vector<std::string> variants;
  for (const auto& [name, modifiers] : run.eval.variants.map()) variants.push_back(name);
  (void)ObjectiveLookup::index(texts, objective.text, "text");
  const size_t variant = ObjectiveLookup::index(variants, objective.variant, "variant");
  (void)ObjectiveLookup::length(run.eval.lengths, objective.length);
  const bool against_first =
      objective.value == SearchValue::difference || objective.value == SearchValue::accuracy_difference;
  require(!against_first || variant > 0,
          "hydra.sweeper.objective.value={} compares a variant with the first: name another in "
          "hydra.sweeper.objective.variant",
          config::enum_name(objective.value));
}

double judged(const SearchObjective& objective, const EvalTable& table) {
  const size_t text = ObjectiveLookup::index(table.texts, objective.text, "text");
  const size_t variant = ObjectiveLookup::index(table.variants, objective.variant, "variant");
  const size_t length = ObjectiveLookup::length(table.lengths, objective.length);
  const double value = ObjectiveLookup::value(table.at(text, variant, length), objective.value);
  require(std::isfinite(value), "its {} at {} tokens is no number", config::enum_name(objective.value),
          table.lengths[length]);
  return value;
}

std::string objective_name(const SearchObjective& objective) {
  return fmt::format("{} of {} on {} text at {}", config::enum_name(objective.value),
                     objective.variant.value_or("the first variant"), objective.text.value_or("the first"),
                     objective.length == config::Node("longest") ? std::string("the longest length")
                                                                 : config::python_text(objective.length) + " tokens");
}

}  // namespace lx
