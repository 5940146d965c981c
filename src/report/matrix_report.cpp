#include "report/matrix_report.h"

#include "report/run_report.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace lx {
namespace {

struct Estimate {
  double mean = NAN, se = NAN;
};

/// Mean and standard error of the mean; NaN when a value is missing.
Estimate estimate(const std::vector<double>& values) {
  Estimate out;
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  out.mean = sum / n;
  for (const double value : values) squares += (value - out.mean) * (value - out.mean);
  if (values.size() > 1) out.se = std::sqrt(squares / (n - 1) / n);
  return out;
}

struct MatrixCells {
  const std::vector<MatrixRow>& rows;
  const std::vector<std::string>& keys;

  static const EvalResult* evaluation(const MatrixRow& row) {
    for (const RunRecord& record : row.records)
      if (record.eval && !record.eval->table.cells.empty()) return &*record.eval;
    return nullptr;
  }

  /// All variants that some run was scored under, in the order in which they first appear.
  std::vector<std::string> variants() const {
    std::vector<std::string> all;
    for (const MatrixRow& row : rows) {
      if (const EvalResult* eval = evaluation(row))
        for (const std::string& name : eval->table.variants)
          if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
    }
    return all;
  }

  static size_t length_index(const EvalResult& eval, bool longest) {
    const auto& lengths = eval.table.lengths;
    if (longest) return lengths.size() - 1;
    return static_cast<size_t>(std::find(lengths.begin(), lengths.end(), eval.reference_length) - lengths.begin());
  }

  static const EvalCell* find(const RunRecord& record, size_t text, const std::string& variant, bool longest) {
    if (!record.eval || record.eval->table.cells.empty()) return nullptr;
    const EvalTable& table = record.eval->table;
    const auto found = std::find(table.variants.begin(), table.variants.end(), variant);
    if (found == table.variants.end() || text >= table.texts.size()) return nullptr;
    return &table.at(text, static_cast<size_t>(found - table.variants.begin()), length_index(*record.eval, longest));
  }

  /// The loss of each seed; empty when one has none.
  static std::vector<double> losses(const MatrixRow& row, size_t text, const std::string& variant, bool longest) {
    std::vector<double> values;
    for (const RunRecord& record : row.records) {
      const EvalCell* cell = find(record, text, variant, longest);
      if (!cell || std::isnan(cell->loss)) return {};
      values.push_back(cell->loss);
    }
    return values;
  }

  /// Of several seeds: is this variant below every other by more than two standard errors of the paired differences?
  bool ahead(const MatrixRow& row, size_t text, const std::string& variant, bool longest) const {
    const std::vector<double> own = losses(row, text, variant, longest);
    size_t others = 0;
    for (const std::string& other : variants()) {
      if (other == variant) continue;
      std::vector<double> difference = losses(row, text, other, longest);
      if (difference.empty()) continue;
      ++others;
      for (size_t n = 0; n < own.size(); ++n) difference[n] = own[n] - difference[n];
      const Estimate gap = estimate(difference);
      if (!(gap.mean < -2 * gap.se)) return false;
    }
    return others > 0;
  }

  std::string cell(const MatrixRow& row, size_t text, const std::string& variant, bool longest) const {
    const std::vector<double> values = losses(row, text, variant, longest);
    if (values.empty()) return "· ";
    Estimate shown = estimate(values);
    bool best = false;
    if (values.size() == 1) {
      const EvalCell& one = *find(row.records[0], text, variant, longest);
      shown.se = one.loss_se;
      best = one.gap < -2 * one.gap_se && one.gap < -0.0005;  // less would be shown as 0.000: rounding
    } else {
      best = ahead(row, text, variant, longest);
    }
    const std::string number =
        std::isnan(shown.se) ? fmt::format("{:.3f}", shown.mean) : fmt::format("{:.3f}±{:.3f}", shown.mean, shown.se);
    return number + (best ? "*" : " ");
  }

  std::string table(size_t text, bool longest, bool markdown) const {
    const auto columns = variants();
    std::vector<std::string> header = keys;
    header.back() += " \\ tested as";
    header.insert(header.end(), columns.begin(), columns.end());
    Table grid(header, keys.size());
    for (const MatrixRow& row : rows) {
      if (!evaluation(row)) continue;
      std::vector<std::string> line = row.labels;
      for (const std::string& variant : columns) line.push_back(cell(row, text, variant, longest));
      grid.row(std::move(line));
    }
    return markdown ? grid.markdown() : grid.text();
  }

  /// "512 = 8N", "8N" when rows were trained at different N, "each one's longest length" when that differs as well.
  std::optional<std::string> where(bool longest) const {
    std::set<int64_t> lengths;
    std::set<std::string> relative;
    bool beyond = false;
    for (const MatrixRow& row : rows) {
      const EvalResult* eval = evaluation(row);
      if (!eval) continue;
      const int64_t length = eval->table.lengths[length_index(*eval, longest)];
      beyond = beyond || length != eval->reference_length;
      lengths.insert(length);
      relative.insert(length_in_trained(length, eval->trained_length));
    }
    if (longest && !beyond) return std::nullopt;
    const std::string in_n = relative.size() == 1 ? *relative.begin() : "";
    if (lengths.size() == 1) return std::to_string(*lengths.begin()) + (in_n.empty() ? "" : " = " + in_n);
    return !in_n.empty() ? in_n : longest ? "each one's longest length" : "each one's trained length";
  }

  std::string legend() const {
    std::set<size_t> seeds;
    for (const MatrixRow& row : rows) seeds.insert(row.records.size());
    const size_t most = *seeds.rbegin();
    std::string over = "standard error over documents";
    if (most > 1) over = fmt::format("standard error over {} seeds", most);
    if (most > 1 && seeds.size() > 1) over += " (fewer where a seed is missing)";
    return fmt::format(
        "loss in nats per token ± {}; · : does not apply, or cannot read that far\n"
        "* lowest of its row, ahead of {} by more than two paired standard errors\n",
        over, most > 1 ? "every other" : "the next");
  }
};

}  // namespace

std::string render_matrix(const std::vector<MatrixRow>& rows, const std::vector<std::string>& keys, bool markdown) {
  const MatrixCells cells{rows, keys};
  const EvalResult* first = nullptr;
  for (const MatrixRow& row : rows)
    if (!first) first = MatrixCells::evaluation(row);
  if (!first) return "nothing was evaluated\n";
  std::string out = cells.legend();
  const std::vector<std::string>& texts = first->table.texts;
  for (size_t text = 0; text < texts.size(); ++text) {
    for (const bool longest : {false, true}) {
      const auto where = cells.where(longest);
      if (!where) continue;
      out += fmt::format("\n{} text at {}\n\n", texts[text], *where);
      out += cells.table(text, longest, markdown);
    }
  }
  return out;
}

}  // namespace lx
