#include "report/comparison_report.h"

#include "base/text.h"
#include "report/run_report.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace lx {
namespace {

struct ComparisonTable {
  const Comparison& comparison;
  const std::vector<std::string>& keys;

  using Text = std::function<std::string(const ComparedSystem&)>;
  struct Column {
    std::string title;
    Text text;
  };

  const ComparedSystem& reference() const { return comparison.systems[comparison.request.reference]; }
  double percent() const { return 100 * comparison.request.level; }

  std::string name(const ComparedSystem& row) const {
    std::vector<std::string> parts;
    for (size_t k = 0; k < row.labels.size(); ++k) parts.push_back(keys[k] + "=" + row.labels[k]);
    return join(parts, " ");
  }

  static std::string number(const Judgement& judged, bool sign = false) {
    if (std::isnan(judged.value)) return "·";
    const std::string value = sign ? fmt::format("{:+.3f}", judged.value) : fmt::format("{:.3f}", judged.value);
    return std::isnan(judged.se) ? value : fmt::format("{} ±{:.3f}", value, judged.high - judged.value);
  }
  static std::string number(const std::optional<Judgement>& judged, bool sign = false) {
    return judged ? number(*judged, sign) : "·";
  }

  std::string p_value(const std::optional<SystemDifference>& difference) const {
    if (!difference || std::isnan(difference->adjusted)) return "·  ";
    const double p = difference->adjusted;
    const std::string shown = p < 0.001 ? "<0.001" : fmt::format("{:.3f}", p);
    return shown + (p > 1 - comparison.request.level ? " ~" : "  ");
  }

  static std::string tokens(double length, bool beyond) {
    return std::isnan(length) ? "·" : fmt::format("{}{:.0f}", beyond ? "≥" : "", length);
  }
  static std::string effective(const EffectiveLength& length) {
    const std::string value = tokens(length.length, length.beyond);
    if (std::isnan(length.low)) return value;
    return fmt::format("{} [{}, {}]", value, tokens(length.low, length.low_beyond),
                       tokens(length.high, length.high_beyond));
  }

  bool any(const std::function<bool(const ComparedSystem&)>& holds) const {
    return std::any_of(comparison.systems.begin(), comparison.systems.end(),
                       [&](const ComparedSystem& row) { return row.left_out.empty() && holds(row); });
  }
  bool curves() const {
    return any([](const ComparedSystem& row) { return row.area.has_value(); });
  }

  /// "512 = 8N"; "8N" or "512" when only that is the same for all.
  std::string where(int64_t ComparedSystem::*length, const char* otherwise) const {
    std::set<int64_t> lengths;
    std::set<std::string> relative;
    for (const ComparedSystem& row : comparison.systems) {
      if (!row.left_out.empty()) continue;
      lengths.insert(row.*length);
      relative.insert(length_in_trained(row.*length, row.trained_length));
    }
    const std::string in_n = relative.size() == 1 ? *relative.begin() : "";
    if (lengths.size() > 1) return in_n.empty() ? otherwise : in_n;
    return std::to_string(*lengths.begin()) + (in_n.empty() ? "" : " = " + in_n);
  }

  std::vector<Column> columns() const {
    using Row = const ComparedSystem&;
    std::vector<Column> out{{"seeds", [](Row row) { return std::to_string(row.seeds.size()); }}};
    const bool compared = comparison.systems.size() > 1;
    const auto add = [&](const std::string& place, Judgement ComparedSystem::*loss,
                         std::optional<SystemDifference> ComparedSystem::*difference) {
      out.push_back({"loss at " + place, [loss](Row row) { return number(row.*loss); }});
      if (!compared) return;
      out.push_back({"difference", [difference](Row row) {
                       return row.*difference ? number((row.*difference)->judged, true) : "·";
                     }});
      out.push_back({"p  ", [this, difference](Row row) { return p_value(row.*difference); }});
    };
    add(where(&ComparedSystem::reference_length, "its N"), &ComparedSystem::near, &ComparedSystem::near_difference);
    if (!curves()) return out;
    add(where(&ComparedSystem::longest, "its longest"), &ComparedSystem::far, &ComparedSystem::far_difference);
    out.push_back({"effective length", [](Row row) { return effective(row.effective); }});
    out.push_back({"area", [](Row row) { return number(row.area); }});
    if (any([](Row row) { return row.gain.has_value(); }))
      out.push_back({"over window", [](Row row) { return number(row.gain, true); }});
    if (any([](Row row) { return row.change.has_value(); }))
      out.push_back({"test-time change", [](Row row) { return number(row.change, true); }});
    return out;
  }

  std::string table(bool markdown) const {
    std::vector<std::string> header = keys;
    const std::vector<Column> shown = columns();
    for (const Column& column : shown) header.push_back(column.title);
    Table grid(header, keys.size());
    for (const ComparedSystem& row : comparison.systems) {
      std::vector<std::string> line = row.labels;
      for (const Column& column : shown)
        line.push_back(row.left_out.empty() || &column == shown.data() ? column.text(row) : "·");
      grid.row(std::move(line));
    }
    return markdown ? grid.markdown() : grid.text();
  }

  std::string seeds() const {
    std::set<std::vector<int64_t>> all;
    for (const ComparedSystem& row : comparison.systems)
      if (row.left_out.empty()) all.insert(row.seeds);
    std::vector<std::string> words;
    for (const int64_t seed : *all.begin()) words.push_back(std::to_string(seed));
    if (all.size() > 1) return "seeds that differ between systems";
    return (words.size() == 1 ? "seed " : "seeds ") + join(words, ", ");
  }

  size_t family() const {
    size_t count = 0;
    for (const ComparedSystem& row : comparison.systems)
      for (const auto* one : {&row.near_difference, &row.far_difference})
        count += *one && !std::isnan((*one)->adjusted);
    return count;
  }

  std::string legend() const {
    const CompareRequest& request = comparison.request;
    const bool several_seeds = any([](const ComparedSystem& row) { return row.seeds.size() > 1; });
    std::string out = fmt::format("{} text, tested as {}: {}\n{} targets of {} document{}; {}\n", comparison.text,
                                  comparison.variant, comparison.protocol, comparison.targets, comparison.documents,
                                  comparison.documents == 1 ? "" : "s", seeds());
    out += fmt::format(
        "loss in nats per token ± half of its {:.0f} % interval, over {}: crossed bootstrap, "
        "{} replicates,\n  each level scaled to an unbiased variance, Student's t with Satterthwaite's degrees of "
        "freedom\n",
        percent(), several_seeds ? "seeds and documents together" : "documents only", request.replicates);
    if (comparison.systems.size() > 1)
      out += fmt::format(
          "difference: minus {}, on the same target tokens{}; p: Holm over {} comparisons; ~ not distinguishable "
          "(p > {:.2g})\n",
          name(reference()), request.pairing == SeedPairing::same ? ", seed by seed where seeds are the same" : "",
          family(), 1 - request.level);
    if (curves())
      out += fmt::format(
          "effective length: up to it perplexity stays within {:.0f} % of that at N; area: mean loss over log length\n",
          100 * request.epsilon);
    if (any([](const ComparedSystem& row) { return row.gain.has_value(); }))
      out += "over window: nats below the super baseline (a window of N) at the longest length\n";
    if (any([](const ComparedSystem& row) { return row.change.has_value(); }))
      out += "test-time change: loss at N minus that of the untouched model\n";
    return out;
  }

  std::string notes() const {
    std::string out;
    for (const ComparedSystem& row : comparison.systems) {
      if (!row.left_out.empty()) out += fmt::format("{} is left out: it {}\n", name(row), row.left_out);
      if (!row.unpaired.empty()) out += fmt::format("{} is not compared: it {}\n", name(row), row.unpaired);
    }
    if (comparison.documents < 2) out += "one document gives no interval\n";
    if (comparison.documents_only)
      out +=
          "where a system or the reference has one seed, intervals and p are over documents only: another seed may "
          "differ by more\n";
    return out;
  }
};

}  // namespace

std::string render_comparison(const Comparison& comparison, const std::vector<std::string>& keys, bool markdown) {
  const ComparisonTable table{comparison, keys};
  const std::string notes = table.notes();
  return table.legend() + "\n" + table.table(markdown) + (notes.empty() ? "" : "\n" + notes);
}

}  // namespace lx
