#include "report/bench_report.h"

#include "base/text.h"
#include "config/node.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace lx {
namespace {

struct BenchText {
  const BenchRecord& record;

  static std::string what(const std::string& part, int64_t length) {
    static const std::map<std::string, std::string> names{{"train", "train"},
                                                          {"eval", "score"},
                                                          {"attention", "attention, forward"},
                                                          {"attention_train", "attention, both ways"}};
    return fmt::format("{} at {}", names.at(part), length);
  }

  std::string name(int64_t number) const {
    const BenchCell& cell = record.cells[static_cast<size_t>(number)];
    if (cell.program.empty()) return cell.label;
    return cell.label.empty() ? cell.program : fmt::format("{} ({})", cell.label, cell.program);
  }

  static std::string ratio(const Spread& all) {
    if (std::isnan(all.median)) return "";
    return fmt::format("{:.3f} ({:.3f}–{:.3f})", all.median, all.low, all.high);
  }

  std::vector<std::string> row(const BenchRow& one) const {
    const BenchCell& cell = record.cells[static_cast<size_t>(one.cell)];
    const Spread rate = spread(tokens_per_second(one)), work = spread(operations_per_second(one)),
                 share = spread(share_of_roof(one, cell));
    const BenchRow* reference = reference_of(record, one);
    return {name(one.cell),
            what(one.part, one.length),
            format_count(one.tokens),
            format_count(rate.median),
            fmt::format("({}–{})", format_count(rate.low), format_count(rate.high)),
            fmt::format("{:.1f}", work.median / 1e9),
            std::isnan(share.median) ? "-" : fmt::format("{:.0f} %", 100 * share.median),
            format_bytes(static_cast<uint64_t>(std::max(one.memory, 0.0))),
            reference ? ratio(spread(ratios(one, *reference))) : ""};
  }

  bool compares() const {
    return std::any_of(record.cells.begin(), record.cells.end(),
                       [](const BenchCell& cell) { return cell.reference >= 0; });
  }

  /// "oneDNN, bf16, 2 threads: 402 GFLOP/s (395–408)", once for all cells of the kind.
  std::string roofs() const {
    std::string lines;
    std::set<std::string> told;
    for (const BenchCell& cell : record.cells) {
      const std::string kind = fmt::format("oneDNN's products in {} on {} thread{}", cell.precision, cell.threads,
                                           cell.threads == 1 ? "" : "s");
      if (!cell.program.empty() || !told.insert(kind).second) continue;
      const Spread rate = spread(cell.roof);
      if (rate.median > 0)
        lines += fmt::format("roof: {}: {:.0f} GFLOP/s ({:.0f}–{:.0f})\n", kind, rate.median / 1e9, rate.low / 1e9,
                             rate.high / 1e9);
      else
        lines += fmt::format("roof: {}: none on this processor\n", kind);
    }
    return lines;
  }

  std::string notes() const {
    std::string out = roofs();
    out += fmt::format(
        "medians of {} round{}, in brackets the middle half; memory of training with weights, else beyond what was "
        "held before\n",
        record.rounds, record.rounds == 1 ? "" : "s in which cells took turns");
    for (const BenchCell& cell : record.cells) {
      if (cell.reference < 0) continue;
      const BenchCell& other = record.cells[static_cast<size_t>(cell.reference)];
      out += other.program.empty()
                 ? "ratio: tokens/s over those of the cell it is held against, round against round\n"
                 : fmt::format("ratio: tokens/s over those of {}, round against round\n", other.program);
      break;
    }
    return out;
  }
};

struct ProfileText {
  static Table table(const BenchProfile& profile) {
    Table out({"part", "calls", "ms", "share"});
    const auto calls = static_cast<double>(profile.calls);
    double rest = profile.seconds;
    const auto share = [&](double seconds) { return fmt::format("{:.1f} %", 100 * seconds / profile.seconds); };
    const auto milliseconds = [&](double seconds) { return fmt::format("{:.3f}", 1e3 * seconds / calls); };
    std::vector<BenchProfile::Part> parts = profile.parts;
    std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
    for (const BenchProfile::Part& part : parts) {
      out.row({part.name, fmt::format("{:.1f}", static_cast<double>(part.calls) / calls), milliseconds(part.seconds),
               share(part.seconds)});
      rest -= part.seconds;
    }
    out.row({"everything else", "", milliseconds(rest), share(rest)});
    out.row({"all", "", milliseconds(profile.seconds), share(profile.seconds)});
    return out;
  }
};

struct BenchLines {
  template <class Number>
  static config::Node list(const std::vector<Number>& values) {
    config::List out;
    for (const auto& value : values) out.emplace_back(value);
    return config::Node(std::move(out));
  }
  static config::Node pairs(const Facts& facts) {
    config::Map out;
    for (const auto& [name, value] : facts) out[name] = config::Node(value);
    return config::Node(std::move(out));
  }
  static std::string line(const char* kind, config::Map fields) {
    config::Map out;
    out["kind"] = config::Node(kind);
    for (auto& [name, value] : fields) out[name] = std::move(value);
    return config::to_json(config::Node(std::move(out))) + "\n";
  }

  static std::string cell(const BenchCell& one, size_t number) {
    config::Map out;
    out["cell"] = static_cast<int64_t>(number);
    out["label"] = one.label;
    out["overrides"] = list(one.overrides);
    out["keys"] = pairs(one.keys);
    out["program"] = one.program;
    out["precision"] = one.precision;
    out["threads"] = one.threads;
    out["parameters"] = one.parameters;
    out["reference"] = one.reference;
    out["roof"] = list(one.roof);
    return line("cell", std::move(out));
  }
  static std::string row(const BenchRow& one) {
    config::Map out;
    out["cell"] = one.cell;
    out["part"] = one.part;
    out["length"] = one.length;
    out["batch"] = one.batch;
    out["tokens"] = one.tokens;
    out["operations"] = one.operations;
    out["memory"] = one.memory;
    out["seconds"] = list(one.seconds);
    return line("row", std::move(out));
  }
  static std::string profile(const BenchProfile& one) {
    config::Map out, parts;
    for (const BenchProfile::Part& part : one.parts) {
      config::Map of;
      of["seconds"] = part.seconds;
      of["calls"] = part.calls;
      parts[part.name] = config::Node(std::move(of));
    }
    out["cell"] = one.cell;
    out["part"] = one.part;
    out["length"] = one.length;
    out["calls"] = one.calls;
    out["seconds"] = one.seconds;
    out["parts"] = config::Node(std::move(parts));
    return line("profile", std::move(out));
  }
};

}  // namespace

std::string bench_table(const BenchRecord& record) {
  const BenchText text{record};
  std::vector<std::string> header{"", "", "tokens a call", "tokens/s", "", "GFLOP/s", "of roof", "memory"};
  if (text.compares()) header.emplace_back("ratio");
  Table table(header, 2);
  const auto place = [&](const BenchRow& row) {  // beside the one it is held against, where that is another build
    const BenchCell& cell = record.cells[static_cast<size_t>(row.cell)];
    return cell.program.empty() ? row.cell : row.cell - static_cast<int64_t>(record.cells.size()) / 2;
  };
  std::vector<const BenchRow*> rows;
  for (const BenchRow& row : record.rows) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const BenchRow* a, const BenchRow* b) { return place(*a) < place(*b); });
  for (const BenchRow* row : rows) {
    std::vector<std::string> cells = text.row(*row);
    cells.resize(header.size());
    table.row(std::move(cells));
  }
  return table.text() + text.notes();
}

std::string bench_profiles(const BenchRecord& record) {
  std::vector<std::string> all;
  for (const BenchProfile& profile : record.profiles) {
    const std::string cell = BenchText{record}.name(profile.cell);
    all.push_back(fmt::format("{}{}{}, a call of {}\n{}", cell, cell.empty() ? "" : ": ",
                              BenchText::what(profile.part, profile.length), profile.calls,
                              ProfileText::table(profile).text()));
  }
  return join(all, "\n");
}

std::string bench_lines(const BenchRecord& record) {
  std::string out = BenchLines::line("environment", BenchLines::pairs(record.environment).map());
  for (size_t c = 0; c < record.cells.size(); ++c) out += BenchLines::cell(record.cells[c], c);
  for (const BenchRow& row : record.rows) out += BenchLines::row(row);
  for (const BenchProfile& profile : record.profiles) out += BenchLines::profile(profile);
  return out;
}

}  // namespace lx
