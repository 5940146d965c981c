#include "report/matrix_report.h"

#include "report/run_report.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

struct MatrixCells {
  const std::vector<MatrixRow>& rows;
  const std::string& varied;

  /// All variants that some run was scored under, in the order in which they first appear.
  std::vector<std::string> variants() const {
    std::vector<std::string> all;
    for (const MatrixRow& row : rows) {
      if (!row.record.eval) continue;
      for (const std::string& name : row.record.eval->table.variants)
        if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
    }
    return all;
  }

  std::vector<std::string> texts() const {
    for (const MatrixRow& row : rows)
      if (row.record.eval) return row.record.eval->table.texts;
    return {};
  }

  static std::string cell(const EvalTable& table, size_t text, const std::string& variant, size_t length) {
    const auto found = std::find(table.variants.begin(), table.variants.end(), variant);
    if (found == table.variants.end()) return "· ";
    const EvalCell& c = table.at(text, static_cast<size_t>(found - table.variants.begin()), length);
    if (std::isnan(c.loss)) return "· ";
    const bool ahead = c.gap < -2 * c.gap_se;
    const std::string value =
        std::isnan(c.loss_se) ? fmt::format("{:.3f}", c.loss) : fmt::format("{:.3f}±{:.3f}", c.loss, c.loss_se);
    return value + (ahead ? "*" : " ");
  }

  std::string table(size_t text, bool longest, bool markdown) const {
    const auto columns = variants();
    std::vector<std::string> header{varied + " \\ tested as"};
    header.insert(header.end(), columns.begin(), columns.end());
    Table grid(header);
    for (const MatrixRow& row : rows) {
      if (!row.record.eval || row.record.eval->table.cells.empty()) continue;
      const EvalTable& scores = row.record.eval->table;
      const auto reference = std::find(scores.lengths.begin(), scores.lengths.end(), row.record.eval->reference_length);
      const size_t length =
          longest ? scores.lengths.size() - 1 : static_cast<size_t>(reference - scores.lengths.begin());
      std::vector<std::string> line{row.label};
      for (const std::string& variant : columns) line.push_back(cell(scores, text, variant, length));
      grid.row(std::move(line));
    }
    return markdown ? grid.markdown() : grid.text();
  }
};

}  // namespace

std::string render_matrix(const std::vector<MatrixRow>& rows, const std::string& varied, bool markdown) {
  const MatrixCells cells{rows, varied};
  const auto first = std::find_if(rows.begin(), rows.end(), [](const MatrixRow& row) { return row.record.eval; });
  if (first == rows.end()) return "nothing was evaluated\n";
  const EvalResult& eval = *first->record.eval;
  std::string out =
      "loss in nats per token ± standard error over documents; · : does not apply, or cannot read that far\n"
      "* lowest of its row, ahead of the next by more than two paired standard errors\n";
  const auto texts = cells.texts();
  for (size_t text = 0; text < texts.size(); ++text) {
    for (const bool longest : {false, true}) {
      const int64_t length = longest ? eval.table.lengths.back() : eval.reference_length;
      if (longest && length == eval.reference_length) continue;
      const std::string relative = length_in_trained(length, eval.trained_length);
      out += fmt::format("\n{} text at {}{}\n\n", texts[text], length, relative.empty() ? "" : " = " + relative);
      out += cells.table(text, longest, markdown);
    }
  }
  return out;
}

}  // namespace lx
