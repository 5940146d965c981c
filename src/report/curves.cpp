// An SVG written by hand: axes, bars, lines, legend.
#include "report/curves.h"

#include "base/text.h"
#include "report/run_report.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace lx {
namespace {

// Okabe and Ito's colours, told apart by most eyes; then dashes.
constexpr std::array<const char*, 8> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                              "#e69f00", "#56b4e9", "#333333", "#8b6508"};
constexpr std::array<const char*, 3> kDashes{"", "6 3", "2 3"};

constexpr double kPanelWidth = 300, kPanelHeight = 260, kGap = 28, kLeft = 62, kTop = 46, kBottom = 74;
constexpr double kLegendRow = 19;

std::string escaped_xml(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

std::string line_svg(double x1, double y1, double x2, double y2, const std::string& style) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1, x2, y2, style);
}

std::string text_svg(double x, double y, const std::string& text, const std::string& style) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, style, escaped_xml(text));
}

std::string stroke_of(size_t variant) {
  const char* dash = kDashes[variant / kColours.size() % kDashes.size()];
  return fmt::format("stroke=\"{}\" stroke-width=\"1.8\" fill=\"none\"{}", kColours[variant % kColours.size()],
                     *dash ? fmt::format(" stroke-dasharray=\"{}\"", dash) : "");
}

// Circles, squares, triangles, diamonds in turn, so that a grey print can be read as well.
std::string marker_svg(size_t variant, double x, double y) {
  const char* colour = kColours[variant % kColours.size()];
  switch (variant % 4) {
    case 0:
      return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.4\" fill=\"{}\"/>\n", x, y, colour);
    case 1:
      return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"6.4\" height=\"6.4\" fill=\"{}\"/>\n", x - 3.2,
                         y - 3.2, colour);
    case 2:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l4.2 7.2h-8.4z\" fill=\"{}\"/>\n", x, y - 4.6, colour);
    default:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l4.4 4.4l-4.4 4.4l-4.4 -4.4z\" fill=\"{}\"/>\n", x, y - 4.4, colour);
  }
}

// Round numbers, about five of them, that span [low, high].
struct LossAxis {
  double low, high, step, top;

  LossAxis(double least, double most, double from) : top(from) {
    const double span = std::max(most - least, 0.05);
    const double rough = span / 5, power = std::pow(10, std::floor(std::log10(rough)));
    step = power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1);
    low = std::floor(least / step) * step;
    high = std::ceil(most / step) * step;
    if (high <= low) high = low + step;
  }
  double at(double loss) const { return top + kPanelHeight * (1 - (loss - low) / (high - low)); }
  std::string label(double loss) const {
    const int digits = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
    return fmt::format("{:.{}f}", loss, digits);
  }
};

struct LossRange {
  double least = std::numeric_limits<double>::infinity(), most = -least;
};

LossRange loss_range(const EvalTable& table) {
  LossRange range;
  for (const EvalCell& cell : table.cells) {
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
  std::string out = text_svg(left, losses.top - 12, title, "font-weight=\"bold\"");
  for (int i = 0; losses.low + i * losses.step <= losses.high + losses.step / 2; ++i) {
    const double loss = losses.low + i * losses.step, y = losses.at(loss);
    out += line_svg(left, y, left + kPanelWidth, y, "stroke=\"#e4e4e4\"");
    if (text == 0) out += text_svg(left - 8, y + 4, losses.label(loss), "text-anchor=\"end\"");
  }
  for (const int64_t length : table.lengths) {
    const double x = lengths.at(length);
    const bool trained = length == eval.trained_length;
    out +=
        line_svg(x, losses.top, x, bottom, trained ? "stroke=\"#999\" stroke-dasharray=\"4 3\"" : "stroke=\"#f0f0f0\"");
    out += text_svg(x, bottom + 18, std::to_string(length), "text-anchor=\"middle\"");
    out += text_svg(x, bottom + 34, length_in_trained(length, eval.trained_length),
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
      const double x = lengths.at(table.lengths[l]), y = losses.at(cell.loss);
      points += fmt::format("{:.1f},{:.1f} ", x, y);
      if (bars && !std::isnan(cell.loss_se)) {
        const std::string style = fmt::format("stroke=\"{}\" stroke-width=\"1.2\"", kColours[v % kColours.size()]);
        for (const double sign : {-1.0, 1.0}) {
          const double end = losses.at(cell.loss + sign * cell.loss_se);
          out += line_svg(x, y, x, end, style) + line_svg(x - 3, end, x + 3, end, style);
        }
      }
      out += marker_svg(v, x, y);
    }
    out += fmt::format("<polyline points=\"{}\" {}/>\n", trim(points), stroke_of(v));
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
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      width, height);
  for (size_t row = 0; row < rows.size(); ++row) {
    const double middle = rows[row].top + kPanelHeight / 2;
    out += text_svg(16, middle, "loss, nats per token",
                    fmt::format("text-anchor=\"middle\" transform=\"rotate(-90 16 {:.1f})\"", middle));
    for (size_t text = 0; text < table.texts.size(); ++text) {
      out += panel_svg(eval, text, kLeft + static_cast<double>(text) * (kPanelWidth + kGap), rows[row],
                       table.texts[text] + (row == 0 ? " text" : " text, close up"), row == 0);
    }
  }
  out += text_svg(kLeft, bottom + 58,
                  fmt::format("length read in one piece, tokens (N = {}, the trained length); bars: one standard error "
                              "over documents{}",
                              eval.trained_length, rows.size() > 1 ? ", left out close up" : ""),
                  "");
  for (size_t v = 0; v < table.variants.size(); ++v) {
    const double y = kTop + 10 + kLegendRow * static_cast<double>(v);
    out += line_svg(legend_left, y, legend_left + 28, y, stroke_of(v)) + marker_svg(v, legend_left + 14, y);
    out += text_svg(legend_left + 36, y + 4, table.variants[v], "");
  }
  return out + "</svg>\n";
}

void write_curves(const fs::path& path, const EvalResult& eval) { write_file(path, draw_curves(eval)); }

}  // namespace lx
