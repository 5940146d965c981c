// The report of one run.
#include "report/run_report.h"

#include "base/text.h"
#include "report/deeper_report.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

constexpr double kSure = 2;  // paired standard errors

std::string with_error(double value, double error) {
  return std::isnan(error) ? fmt::format("{:.3f}", value) : fmt::format("{:.3f} ±{:.3f}", value, error);
}

/// False where a variant cannot read texts so long.
bool scored(const EvalCell& cell) { return !std::isnan(cell.loss); }

// A lead that the table would show as 0.000 is rounding, however sure.
bool leads(const EvalCell& cell) { return cell.gap < -kSure * cell.gap_se && cell.gap < -0.0005; }

std::string cell_text(const EvalCell& cell) {
  if (!scored(cell)) return "·  ";
  return fmt::format("{}  {:5.1f}{}", with_error(cell.loss, cell.loss_se), 100 * cell.accuracy,
                     leads(cell) ? " *" : "  ");
}

std::string column_title(int64_t length, int64_t trained_length) {
  const std::string relative = length_in_trained(length, trained_length);
  return std::to_string(length) + (relative.empty() ? "" : " = " + relative) + "  ";
}

std::string choice(const RunRecord& run, const std::string& group) {
  for (const auto& [name, value] : run.choices)
    if (name == group) return value;
  return "";
}

std::string header_text(const RunRecord& run) {
  std::string out = run.experiment.empty() ? "run " + run.run_id : run.experiment + "  " + run.run_id;
  out += "\n";
  std::vector<std::string> what;
  for (const char* group : {"model", "encoding", "data"})
    if (const std::string chosen = choice(run, group); !chosen.empty())
      what.push_back(std::string(group) + " " + chosen);
  if (run.parameters > 0) what.push_back(format_count(static_cast<double>(run.parameters)) + " parameters");
  if (!what.empty()) out += join(what, ", ") + "\n";
  out += fmt::format("trained at N = {}", run.trained_length);
  const TrainHistory& train = run.train;
  if (!train.tokens.empty()) {
    out += fmt::format(" on {} tokens ({} steps) in {}", format_count(static_cast<double>(train.tokens.back())),
                       train.step.back(), format_duration(train.seconds.back()));
  }
  if (!train.valid_loss.empty()) {
    out += fmt::format("; last valid loss {:.3f} nats per token, accuracy {:.1f} %", train.valid_loss.back(),
                       100 * train.valid_accuracy.back());
  }
  out += "\n";
  if (!train.events.empty()) {
    const auto& last = train.events.back();
    out += fmt::format("{} event{} while training; the last at step {}: {}\n", train.events.size(),
                       train.events.size() == 1 ? "" : "s", last.step, last.what);
  }
  return out;
}

std::string facts_text(const char* title, const Facts& facts) {
  if (facts.empty()) return "";
  int width = 0;
  for (const auto& [name, value] : facts) width = std::max(width, display_width(name));
  std::string out = std::string("\n") + title + "\n";
  for (const auto& [name, value] : facts) {
    out += "  " + name + std::string(static_cast<size_t>(width - display_width(name)) + 2, ' ') + value + "\n";
  }
  return out;
}

std::string lines_text(const char* title, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string out = std::string("\n") + title + "\n";
  for (const std::string& line : lines) out += "  " + line + "\n";
  return out;
}

// The text on which lengths can be compared token by token, if it was scored.
size_t comparable_text(const EvalTable& table) {
  const auto tail = std::find(table.texts.begin(), table.texts.end(), "tail");
  return tail == table.texts.end() ? 0 : static_cast<size_t>(tail - table.texts.begin());
}

std::string change_sentence(const EvalResult& eval, size_t text, size_t variant) {
  const EvalTable& table = eval.table;
  const EvalCell& cell = table.at(text, variant, table.lengths.size() - 1);
  const std::string where =
      fmt::format("{} text, {}: loss at {}", table.texts[text], table.variants[variant], table.lengths.back());
  const std::string size = with_error(std::abs(cell.change), cell.change_se);
  if (std::isnan(cell.change_se)) {
    return fmt::format("{} is {:.3f} nats {} its value at {}; one document gives no standard error.", where,
                       std::abs(cell.change), cell.change > 0 ? "above" : "below", eval.reference_length);
  }
  if (std::abs(cell.change) <= kSure * cell.change_se) {
    return fmt::format("{} is within {} paired standard errors of its value at {} ({} nats).", where, kSure,
                       eval.reference_length, with_error(cell.change, cell.change_se));
  }
  return fmt::format("{} is {} nats {} its value at {}.", where, size, cell.change > 0 ? "above" : "below",
                     eval.reference_length);
}

std::string best_sentence(const EvalTable& table, size_t text) {
  const size_t longest = table.lengths.size() - 1;
  size_t best = 0;
  for (size_t v = 1; v < table.variants.size(); ++v) {
    const EvalCell &own = table.at(text, v, longest), &so_far = table.at(text, best, longest);
    if (own.loss < so_far.loss || (scored(own) && !scored(so_far))) best = v;
  }
  const EvalCell& cell = table.at(text, best, longest);
  if (!scored(cell)) return fmt::format("{} text: nothing was scored at {}.", table.texts[text], table.lengths.back());
  std::string out = fmt::format("{} text: lowest loss at {} is {}, {:.3f}", table.texts[text], table.lengths.back(),
                                table.variants[best], cell.loss);
  if (best != 0 && scored(table.at(text, 0, longest))) {
    out += fmt::format(", {} nats below {}", with_error(-cell.difference, cell.difference_se), table.variants[0]);
  }
  if (std::isnan(cell.gap_se)) return out + ".";
  return out + (leads(cell)
                    ? fmt::format("; ahead of the next by {}.", with_error(-cell.gap, cell.gap_se))
                    : fmt::format("; not told apart from the next ({} nats).", with_error(-cell.gap, cell.gap_se)));
}

}  // namespace

std::string length_in_trained(int64_t length, int64_t trained_length) {
  if (trained_length <= 0) return "";
  if (length == trained_length) return "N";
  if (length % trained_length == 0) return fmt::format("{}N", length / trained_length);
  if (trained_length % length == 0) return fmt::format("N/{}", trained_length / length);
  return "";
}

std::vector<std::string> read_numbers(const EvalResult& eval) {
  const EvalTable& table = eval.table;
  if (table.cells.empty()) return {};
  std::vector<std::string> out;
  const EvalCell& far = table.at(comparable_text(table), 0, table.lengths.size() - 1);
  if (table.lengths.back() != eval.reference_length && scored(far))
    out.push_back(change_sentence(eval, comparable_text(table), 0));
  for (size_t text = 0; text < table.texts.size() && table.variants.size() > 1; ++text) {
    out.push_back(best_sentence(table, text));
  }
  return out;
}

std::string render_table(const EvalResult& eval, size_t text, bool markdown) {
  const EvalTable& table = eval.table;
  const EvalCell& first = table.at(text, 0, 0);
  std::string out = fmt::format("{}{} text: {}\n", markdown ? "**" : "", table.texts[text], table.protocols[text]);
  if (markdown) out.insert(out.size() - 1, "**");
  out += fmt::format("loss in nats per token ± standard error over {} document{}, accuracy in %\n\n", first.documents,
                     first.documents == 1 ? " (none: one document has no spread)" : "s");
  std::vector<std::string> titles{"variant"};
  for (const int64_t length : table.lengths) titles.push_back(column_title(length, eval.trained_length));
  Table grid(titles);
  bool marked = false;
  for (size_t v = 0; v < table.variants.size(); ++v) {
    std::vector<std::string> row{table.variants[v]};
    for (size_t l = 0; l < table.lengths.size(); ++l) {
      row.push_back(cell_text(table.at(text, v, l)));
      marked = marked || leads(table.at(text, v, l));
    }
    grid.row(std::move(row));
  }
  out += markdown ? grid.markdown() : grid.text();
  if (table.variants.size() > 1) {
    if (markdown) out += marked ? "\n\\" : "\n";
    out += marked
               ? fmt::format("* lowest loss at this length, ahead of the next by more than {} paired standard errors\n",
                             kSure)
               : fmt::format("at no length is one variant ahead of the next by more than {} paired standard errors\n",
                             kSure);
  }
  return out;
}

std::string render_run(const RunRecord& run, const RenderOptions& options) {
  std::string out = header_text(run);
  if (options.details) {
    out += facts_text("choices", run.choices);
    out += lines_text("overrides", run.overrides);
    out += facts_text("environment", run.environment);
  }
  if (!run.eval || run.eval->table.cells.empty()) {
    out += "\nnot evaluated\n";
  } else {
    const EvalResult& eval = *run.eval;
    for (size_t text = 0; text < eval.table.texts.size(); ++text) out += "\n" + render_table(eval, text);
    out += render_repeats(eval) + render_probe(eval, options.details) + render_written(eval);
    out += lines_text("reading", read_numbers(eval));
    std::vector<std::string> notes;
    for (const VariantFacts& variant : eval.variants)
      for (const std::string& note : variant.notes) notes.push_back(variant.name + ": " + note);
    out += lines_text("notes", notes);
  }
  out += lines_text("results", options.where);
  out += lines_text("next", options.next);
  return out;
}

}  // namespace lx
