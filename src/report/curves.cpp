// An SVG written by hand: axes, bars, lines, legend.
#include "report/curves.h"

#include "base/text.h"
#include "report/run_report.h"
#include "report/svg.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lx {
namespace {

constexpr double kPanelWidth = 300, kPanelHeight = 260, kGap = 28, kLeft = 62, kTop = 46, kBottom = 74;
constexpr double kLegendRow = 19;

struct LossAxis : svg::Ticks {
  double top;

  LossAxis(double least, double most, double from) : Ticks(least, most, 0.05), top(from) {}
  double at(double loss) const { return top + kPanelHeight * (1 - (loss - low) / (high - low)); }
};

struct LossRange {
  double least = std::numeric_limits<double>::infinity(), most = -least;
};

LossRange loss_range(const EvalTable& table) {
  LossRange range;
  for (const EvalCell& cell : table.cells) {
    if (std::isnan(cell.loss)) continue;  // a variant that cannot read texts so long
    const double error = std::isnan(cell.loss_se) ? 0 : cell.loss_se;
    range.least = std::min(range.least, cell.loss - error);
    range.most = std::max(range.most, cell.loss + error);
  }
  return range;
}

// Up to a twelfth above the first variant at the reference length: where what works can be told apart. Drawn without
// bars: all lines share their documents, so the spread over documents says little about what separates them.
LossRange close_range(const EvalResult& eval) {
  const EvalTable& table = eval.table;
  const auto found = std::find(table.lengths.begin(), table.lengths.end(), eval.reference_length);
  const auto reference = found == table.lengths.end() ? size_t{0} : static_cast<size_t>(found - table.lengths.begin());
  LossRange range;
  for (size_t text = 0; text < table.texts.size(); ++text) {
    range.most = std::max(range.most, table.at(text, 0, reference).loss * 13 / 12);
  }
  for (const EvalCell& cell : table.cells) range.least = std::min(range.least, cell.loss);
  const double margin = 0.1 * (range.most - range.least);
  range.least -= margin;
  return range;
}

struct LengthAxis {
  double left, low, high;
  LengthAxis(const std::vector<int64_t>& lengths, double from)
      : left(from),
        low(std::log2(static_cast<double>(lengths.front()))),
        high(std::log2(static_cast<double>(lengths.back()))) {}
  double at(int64_t length) const {
    const double pad = 18, share = high > low ? (std::log2(static_cast<double>(length)) - low) / (high - low) : 0.5;
    return left + pad + share * (kPanelWidth - 2 * pad);
  }
};

std::string panel_svg(const EvalResult& eval, size_t text, double left, const LossAxis& losses,
                      const std::string& title, bool bars) {
  const EvalTable& table = eval.table;
  const LengthAxis lengths(table.lengths, left);
  const double bottom = losses.top + kPanelHeight;
  std::string out = svg::text(left, losses.top - 12, title, "font-weight=\"bold\"");
  for (int i = 0; losses.low + i * losses.step <= losses.high + losses.step / 2; ++i) {
    const double loss = losses.low + i * losses.step, y = losses.at(loss);
    out += svg::line(left, y, left + kPanelWidth, y, "stroke=\"#e4e4e4\"");
    if (text == 0) out += svg::text(left - 8, y + 4, losses.label(loss), "text-anchor=\"end\"");
  }
  for (const int64_t length : table.lengths) {
    const double x = lengths.at(length);
    const bool trained = length == eval.trained_length;
    out += svg::line(x, losses.top, x, bottom,
                     trained ? "stroke=\"#999\" stroke-dasharray=\"4 3\"" : "stroke=\"#f0f0f0\"");
    out += svg::text(x, bottom + 18, std::to_string(length), "text-anchor=\"middle\"");
    out += svg::text(x, bottom + 34, length_in_trained(length, eval.trained_length),
                     "text-anchor=\"middle\" fill=\"#777\"");
  }
  const std::string frame = fmt::format("x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"", left,
                                        losses.top, kPanelWidth, kPanelHeight);
  const std::string clip = fmt::format("panel{:.0f}-{:.0f}", left, losses.top);
  out += fmt::format("<rect {} fill=\"none\" stroke=\"#999\"/>\n<clipPath id=\"{}\"><rect {}/></clipPath>\n", frame,
                     clip, frame);
  out += fmt::format("<g clip-path=\"url(#{})\">\n", clip);
  for (size_t v = 0; v < table.variants.size(); ++v) {
    std::string points;
    for (size_t l = 0; l < table.lengths.size(); ++l) {
      const EvalCell& cell = table.at(text, v, l);
      if (std::isnan(cell.loss)) continue;
      const double x = lengths.at(table.lengths[l]), y = losses.at(cell.loss);
      points += fmt::format("{:.1f},{:.1f} ", x, y);
      if (bars && !std::isnan(cell.loss_se)) {
        const std::string style = fmt::format("stroke=\"{}\" stroke-width=\"1.2\"", svg::colour(v));
        for (const double sign : {-1.0, 1.0}) {
          const double end = losses.at(cell.loss + sign * cell.loss_se);
          out += svg::line(x, y, x, end, style) + svg::line(x - 3, end, x + 3, end, style);
        }
      }
      out += svg::marker(v, x, y);
    }
    out += fmt::format("<polyline points=\"{}\" {}/>\n", trim(points), svg::stroke(v));
  }
  return out + "</g>\n";
}

}  // namespace

std::string draw_curves(const EvalResult& eval) {
  const EvalTable& table = eval.table;
  const LossRange whole = loss_range(table), near = close_range(eval);
  std::vector<LossAxis> rows{{whole.least, whole.most, kTop}};
  if (near.most - near.least < 0.4 * (whole.most - whole.least)) {
    rows.emplace_back(near.least, near.most, kTop + kPanelHeight + kBottom);
  }
  int longest_name = 0;
  for (const std::string& name : table.variants) longest_name = std::max(longest_name, display_width(name));
  const double panels = static_cast<double>(table.texts.size()) * (kPanelWidth + kGap);
  const double legend_left = kLeft + panels, bottom = rows.back().top + kPanelHeight;
  const double width = legend_left + 44 + 7.4 * longest_name + 12;
  const double height = std::max(bottom + kBottom, kTop + kLegendRow * static_cast<double>(table.variants.size()) + 20);
  std::string out;
  for (size_t row = 0; row < rows.size(); ++row) {
    const double middle = rows[row].top + kPanelHeight / 2;
    out += svg::text(16, middle, "loss, nats per token",
                     fmt::format("text-anchor=\"middle\" transform=\"rotate(-90 16 {:.1f})\"", middle));
    for (size_t text = 0; text < table.texts.size(); ++text) {
      out += panel_svg(eval, text, kLeft + static_cast<double>(text) * (kPanelWidth + kGap), rows[row],
                       table.texts[text] + (row == 0 ? " text" : " text, close up"), row == 0);
    }
  }
  out +=
      svg::text(kLeft, bottom + 58,
                fmt::format("length read in one piece, tokens (N = {}, the trained length); bars: one standard error "
                            "over documents{}",
                            eval.trained_length, rows.size() > 1 ? ", left out close up" : ""),
                "");
  for (size_t v = 0; v < table.variants.size(); ++v) {
    const double y = kTop + 10 + kLegendRow * static_cast<double>(v);
    out += svg::line(legend_left, y, legend_left + 28, y, svg::stroke(v)) + svg::marker(v, legend_left + 14, y);
    out += svg::text(legend_left + 36, y + 4, table.variants[v], "");
  }
  return svg::document(width, height, out);
}

void write_curves(const fs::path& path, const EvalResult& eval) { write_file(path, draw_curves(eval)); }

}  // namespace lx
