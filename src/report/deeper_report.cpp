#include "report/deeper_report.h"

#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace lx {
namespace {

constexpr int64_t kEnoughRepeats = 100;  // targets of a text, besides first occurrences

struct DeeperText {
  static std::string repeat_cell(const RepeatCell& cell) {
    if (std::isnan(cell.loss)) return "·";
    const std::string error = std::isnan(cell.accuracy_se) ? "" : fmt::format(" ±{:.1f}", 100 * cell.accuracy_se);
    return fmt::format("{:.3f}  {:.1f}{}", cell.loss, 100 * cell.accuracy, error);
  }

  static std::string repeats(const RepeatTable& table, size_t text) {
    const size_t longest = table.lengths.size() - 1;
    std::vector<std::string> titles{"variant"};
    std::vector<size_t> shown;
    int64_t repeated = 0;
    for (size_t bucket = 0; bucket < table.buckets.size(); ++bucket) {
      int64_t tokens = 0;  // a variant may be unable to read so much
      for (size_t v = 0; v < table.variants.size(); ++v)
        tokens = std::max(tokens, table.at(text, v, longest, bucket).tokens);
      if (tokens == 0) continue;
      shown.push_back(bucket);
      titles.push_back(fmt::format("{} ({})", table.buckets[bucket], tokens));
      if (bucket > 0) repeated += tokens;
    }
    if (repeated < kEnoughRepeats) return "";
    Table grid(titles);
    for (size_t v = 0; v < table.variants.size(); ++v) {
      std::vector<std::string> row{table.variants[v]};
      for (const size_t bucket : shown) row.push_back(repeat_cell(table.at(text, v, longest, bucket)));
      grid.row(std::move(row));
    }
    return fmt::format(
               "\n{} text at {}: targets read before after the same {} tokens, by how far back, and all others "
               "(first)\n"
               "loss in nats per token, accuracy in % ± standard error over documents, number of targets in "
               "brackets\n\n",
               table.texts[text], table.lengths.back(), table.order) +
           grid.text();
  }

  // Where every cell is known; NaN otherwise.
  static double mean(const AttentionProbe& probe, size_t variant, size_t length, size_t first_layer, size_t last_layer,
                     double ProbeCell::*member) {
    double sum = 0, count = 0;
    for (size_t layer = first_layer; layer < last_layer; ++layer)
      for (size_t head = 0; head < probe.heads.size(); ++head) {
        const ProbeCell& cell = probe.cells[probe.index(variant, length, layer, head)];
        if (std::isnan(cell.entropy)) continue;  // layers may have different numbers of heads
        sum += cell.*member;
        ++count;
      }
    return sum / count;
  }

  static std::string number(double value, int digits) {
    if (std::isnan(value)) return "·";
    const bool nothing = std::abs(value) < 0.5 * std::pow(10, -digits);  // never "-0.000"
    return fmt::format("{:.{}f}", nothing ? 0.0 : value, digits);
  }

  static void probe_row(Table& grid, const AttentionProbe& probe, size_t variant, size_t length, size_t first_layer,
                        size_t last_layer) {
    const auto of = [&](double ProbeCell::*member, int digits) {
      return number(mean(probe, variant, length, first_layer, last_layer, member), digits);
    };
    std::vector<std::string> row{probe.variants[variant],
                                 last_layer - first_layer == 1 ? probe.layers[first_layer] : "all layers",
                                 std::to_string(probe.lengths[length])};
    for (std::string& cell : std::vector<std::string>{
             of(&ProbeCell::entropy, 2), of(&ProbeCell::entropy_share, 3), of(&ProbeCell::sparsity, 3),
             of(&ProbeCell::sink, 3), of(&ProbeCell::unspent, 3), of(&ProbeCell::distance, 1),
             of(&ProbeCell::effective_rank, 1), of(&ProbeCell::numerical_rank, 1), of(&ProbeCell::log_det, 1)})
      row.push_back(std::move(cell));
    grid.row(std::move(row));
  }
};

}  // namespace

std::string render_repeats(const EvalResult& eval) {
  if (!eval.repeats) return "";
  std::string out;
  for (size_t text = 0; text < eval.repeats->texts.size(); ++text) {
    if (eval.repeats->texts[text] == "sliding") continue;  // at the longest length it is natural text
    out += DeeperText::repeats(*eval.repeats, text);
  }
  return out;
}

std::string render_probe(const EvalResult& eval, bool each_layer) {
  if (!eval.probe || eval.probe->cells.empty()) return "";
  const AttentionProbe& probe = *eval.probe;
  Table grid({"variant", "where", "length", "entropy", "share", "S*", "sink", "unspent", "distance", "eff. rank",
              "rank", "ln |det|"},
             2);
  for (size_t v = 0; v < probe.variants.size(); ++v)
    for (size_t l = 0; l < probe.lengths.size(); ++l) {
      if (each_layer && probe.layers.size() > 1)
        for (size_t layer = 0; layer < probe.layers.size(); ++layer)
          DeeperText::probe_row(grid, probe, v, l, layer, layer + 1);
      DeeperText::probe_row(grid, probe, v, l, 0, probe.layers.size());
    }
  return fmt::format(
             "\nattention on {} text: means over heads, {} window{} and the last {} queries; ranks and determinant of "
             "the "
             "last {} queries and keys at most\n\n",
             probe.text, probe.windows, probe.windows == 1 ? "" : "s", probe.rows, probe.matrix) +
         grid.text();
}

std::string render_written(const EvalResult& eval) {
  if (!eval.written) return "";
  const WrittenTable& table = *eval.written;
  std::string out;
  for (size_t text = 0; text < table.texts.size(); ++text) {
    std::vector<std::string> titles{"variant"};
    for (const int64_t length : table.lengths) titles.push_back(std::to_string(length));
    Table grid(titles);
    int64_t answers = 0;
    for (size_t v = 0; v < table.variants.size(); ++v) {
      std::vector<std::string> row{table.variants[v]};
      for (size_t l = 0; l < table.lengths.size(); ++l) {
        const WrittenCell& cell = table.cells[table.index(text, v, l)];
        answers = std::max(answers, cell.answers);
        const std::string error =
            std::isnan(cell.edit_distance_se) ? "" : fmt::format(" ±{:.3f}", cell.edit_distance_se);
        row.push_back(std::isnan(cell.exact)
                          ? "·"
                          : fmt::format("{:.0f}  {:.3f}{}", 100 * cell.exact, cell.edit_distance, error));
      }
      grid.row(std::move(row));
    }
    out += fmt::format(
        "\n{} text: {} outputs that the model wrote by itself ({})\n"
        "reproduced whole in %, then edits per token of the text ± standard error over documents\n\n",
        table.texts[text], answers, table.beams > 1 ? fmt::format("{} beams", table.beams) : "greedy");
    out += grid.text();
  }
  return out;
}

}  // namespace lx
