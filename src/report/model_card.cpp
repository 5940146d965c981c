#include "report/model_card.h"

#include "base/text.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

struct CardText {
  const std::vector<ModelCard>& cards;

  static std::string amount(const CostRow& row) {
    if (!row.value) return "-";
    if (row.unit == CostRow::Unit::bytes) return format_bytes(static_cast<uint64_t>(*row.value));
    return format_count(*row.value);
  }

  /// "×0.99" of the same row of the first model; nothing where there is none.
  static std::string ratio(const CostRow& row, const CostRow& first) {
    if (!row.value || !first.value || *first.value == 0) return "";
    return fmt::format("×{:.3g}", *row.value / *first.value);
  }

  std::vector<std::string> cells(const std::string& label, size_t group, size_t row) const {
    std::vector<std::string> out{label};
    const CostRow& first = cards.front().groups[group].rows[row];
    for (size_t c = 0; c < cards.size(); ++c) {
      const CostRow& own = cards[c].groups[group].rows[row];
      out.push_back(amount(own));
      if (c > 0) out.push_back(ratio(own, first));
    }
    return out;
  }

  /// A row that is nothing in every model says nothing.
  bool empty(size_t group, size_t row) const {
    return std::all_of(cards.begin(), cards.end(),
                       [&](const ModelCard& card) { return card.groups[group].rows[row].value.value_or(0) == 0; });
  }

  static std::string plain(const config::Node& value) {
    return value.is_string() ? value.string() : value.is_null() ? "-" : config::to_json(value);
  }

  /// The facts of all cards, each behind the one it follows in its own card.
  std::vector<ModelFact> all_facts() const {
    std::vector<ModelFact> all;
    for (const ModelCard& card : cards) {
      auto place = all.begin();
      for (const ModelFact& fact : card.facts) {
        auto known = std::find_if(all.begin(), all.end(), [&](const ModelFact& one) { return one.key == fact.key; });
        if (known == all.end()) known = all.insert(place, fact);
        place = known + 1;
      }
    }
    return all;
  }

  void add_facts(Table& table) const {
    for (const ModelFact& fact : all_facts()) {
      std::vector<std::string> out{fact.label};
      for (size_t c = 0; c < cards.size(); ++c) {
        const auto& own = cards[c].facts;
        const auto same =
            std::find_if(own.begin(), own.end(), [&](const ModelFact& one) { return one.key == fact.key; });
        out.push_back(same == own.end() ? "-" : plain(same->value));
        if (c > 0) out.emplace_back();
      }
      table.row(std::move(out));
    }
  }

  std::string text() const {
    std::vector<std::string> header{""};
    for (size_t c = 0; c < cards.size(); ++c) {
      header.push_back(cards[c].name);
      if (c > 0) header.emplace_back("");
    }
    Table table(std::move(header));
    add_facts(table);
    const auto& groups = cards.front().groups;
    for (size_t g = 0; g < groups.size(); ++g) {
      table.row({});
      table.row({groups[g].label});
      for (size_t r = 0; r < groups[g].rows.size(); ++r)
        if (!empty(g, r)) table.row(cells("  " + groups[g].rows[r].label, g, r));
    }
    std::string out = table.text();
    for (const ModelCard& card : cards)
      for (const std::string& note : card.notes)
        out += "\n" + lx::wrapped(cards.size() > 1 ? card.name + ": " + note : note, 0, 110) + "\n";
    return out;
  }
};

}  // namespace

std::string model_cards_text(const std::vector<ModelCard>& cards) { return CardText{cards}.text(); }

std::string model_cards_json(const std::vector<ModelCard>& cards) {
  config::List all;
  for (const ModelCard& card : cards) {
    config::Map out;
    out["name"] = card.name;
    for (const ModelFact& fact : card.facts) out[fact.key] = fact.value;
    for (const CostGroup& group : card.groups) {
      config::Map rows;
      for (const CostRow& row : group.rows) {
        const bool whole = row.value && std::abs(*row.value) < 9e15 && *row.value == std::floor(*row.value);
        rows[row.key] = !row.value ? config::Node()
                        : whole    ? config::Node(static_cast<int64_t>(*row.value))
                                   : config::Node(*row.value);
      }
      out[group.key] = config::Node(std::move(rows));
    }
    config::List notes;
    for (const std::string& note : card.notes) notes.emplace_back(note);
    out["notes"] = config::Node(std::move(notes));
    all.emplace_back(std::move(out));
  }
  return config::to_json(config::Node(std::move(all)), 2) + "\n";
}

}  // namespace lx
