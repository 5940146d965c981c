#include "report/encoding_svg.h"

#include "report/chart.h"
#include "report/encoding_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace lx {
namespace {

constexpr size_t kPoints = 400, kHeads = 16;
constexpr double kEndless = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Span {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

/// Where a panel goes, and what every panel needs.
struct Place {
  const EncodingView& view;
  const StackView& stack;
  double left, top;
};

/// Relative position by distance, hidden keys as NaN; thinned, but never across a break.
std::vector<std::pair<double, double>> by_distance(const RowView& row) {
  std::vector<std::pair<double, double>> points;
  int64_t last = -1;
  for (auto range = row.visible.rbegin(); range != row.visible.rend(); ++range) {
    if (last >= 0) points.emplace_back(row.query - range->second, kNaN);
    const int64_t step = std::max<int64_t>(1, (range->second - range->first) / static_cast<int64_t>(kPoints));
    for (int64_t key = range->second - 1; key >= range->first; key -= step)
      points.emplace_back(row.query - key, row.relative[static_cast<size_t>(key)]);
    points.emplace_back(row.query - range->first, row.relative[static_cast<size_t>(range->first)]);
    last = range->first;
  }
  return points;
}

Span span_of(const RowView& row) {
  Span span;
  for (const auto& [from, to] : row.visible)
    for (int64_t key = from; key < to; ++key) span.add(row.relative[static_cast<size_t>(key)]);
  return span;
}

std::string turns_panel(const Place& at) {
  const auto& theta = at.stack.theta;
  const auto& trained = at.stack.trained_theta.empty() ? theta : at.stack.trained_theta;
  std::vector<std::pair<double, double>> short_text, long_text;
  Span span;
  for (size_t m = 0; m < theta.size(); ++m) {
    const auto turns = [&](const std::vector<double>& of, int64_t length) {
      const double value = m < of.size() ? std::abs(of[m]) * static_cast<double>(length) / (2 * std::numbers::pi) : 0;
      return value > 0 ? value : kNaN;
    };
    short_text.emplace_back(m, turns(trained, at.view.trained_length));
    long_text.emplace_back(m, turns(theta, at.view.tested_length));
    span.add(short_text.back().second);
    span.add(long_text.back().second);
  }
  if (span.empty()) return "";
  Chart chart(at.left, at.top, "how far pairs of channels turn",
              ChartAxis::exact("pair", 0, static_cast<double>(theta.size() - 1)),
              ChartAxis::logs("turns", std::min(span.low, 0.5), std::max(span.high, 2.0)));
  chart.shade_y(span.low / 2, 1, "#f5f0e6");
  chart.mark_y(1, "one turn");
  chart.line(short_text, 0, fmt::format("in N = {}, as trained", at.view.trained_length));
  chart.line(long_text, 1, fmt::format("in M = {}", at.view.tested_length));
  return chart.svg();
}

std::string positions_panel(const Place& at) {
  const StackView& stack = at.stack;
  if (!stack.positions_read) return "";
  const Span trained = span_of(stack.trained_last), tested = span_of(stack.last);
  if (trained.empty() || tested.empty()) return "";
  const double low = std::min({trained.low, tested.low, 0.0}), high = std::max({trained.high, tested.high, 1.0});
  const auto farthest = [](const RowView& row) {
    return row.visible.empty() ? 0 : row.query - row.visible.front().first;
  };
  const int64_t reach = std::max(farthest(stack.trained_last), farthest(stack.last));
  Chart chart(at.left, at.top, "where the last query sees keys",
              ChartAxis::exact("distance, tokens", 0, static_cast<double>(reach)),
              ChartAxis::exact("relative position", low, low + 1.04 * (high - low)));
  chart.shade_y(trained.low, trained.high, "#e8f1f8");
  chart.line(by_distance(stack.last), 1,
             fmt::format("query {}, {}", stack.last.query, at.view.mode == "train" ? "in training" : "at test time"));
  chart.line(by_distance(stack.trained_last), 0, fmt::format("query {}, in training", stack.trained_last.query));
  return chart.svg();
}

/// From a light to a dark colour.
std::string shade(double share, const int (&light)[3], const int (&dark)[3]) {
  int channel[3];
  for (int c = 0; c < 3; ++c)
    channel[c] = static_cast<int>(std::lround(light[c] + std::clamp(share, 0.0, 1.0) * (dark[c] - light[c])));
  return fmt::format("#{:02x}{:02x}{:02x}", channel[0], channel[1], channel[2]);
}

std::string map_panel(const Place& at) {
  const GridView& grid = at.stack.heat;
  const bool positions = at.stack.positions_read;
  const Span trained = span_of(at.stack.trained_last);
  Span span;
  for (const double value : grid.relative) span.add(value);
  const double last = static_cast<double>(at.view.length);
  ChartAxis down = ChartAxis::exact("query", 0, last);
  Chart chart(at.left, at.top, positions ? "relative position of what is seen" : "who sees whom",
              ChartAxis::exact("key", 0, last), {last, 0, false, "query", down.ticks});
  constexpr int kPale[3] = {226, 238, 247}, kBlue[3] = {8, 69, 128}, kSand[3] = {253, 226, 190},
                kRust[3] = {166, 54, 3};
  const auto colour = [&](double value) {
    if (!positions) return std::string("#7aa6c9");
    if (value <= trained.high && value >= trained.low)
      return shade((value - trained.low) / std::max(trained.high - trained.low, 1.0), kPale, kBlue);
    const double beyond = value > trained.high ? (value - trained.high) / std::max(span.high - trained.high, 1.0)
                                               : (trained.low - value) / std::max(trained.low - span.low, 1.0);
    return shade(beyond, kSand, kRust);
  };
  const double width = Chart::kWidth / static_cast<double>(grid.columns),
               height = Chart::kHeight / static_cast<double>(grid.rows);
  for (int64_t r = 0; r < grid.rows; ++r)
    for (int64_t c = 0; c < grid.columns; ++c) {
      const auto cell = static_cast<size_t>(r * grid.columns + c);
      if (grid.visible[cell] == 0) continue;
      chart.put(svg::rectangle(at.left + static_cast<double>(c) * width, at.top + static_cast<double>(r) * height,
                               width + 0.3, height + 0.3,
                               fmt::format("fill=\"{}\" shape-rendering=\"crispEdges\"", colour(grid.relative[cell]))));
    }
  const auto n = static_cast<double>(at.view.trained_length);
  if (n < last) chart.mark_x(n, "N");
  std::string out = chart.svg();
  if (!positions) return out;
  const double below = at.top + Chart::kHeight + 46;
  const auto key = [&](double x, const char* fill, const std::string& words) {
    return svg::rectangle(x, below - 5, 12, 9, fmt::format("fill=\"{}\"", fill)) +
           svg::text(x + 17, below + 4, words, "font-size=\"10.5\"");
  };
  out += key(at.left, "#4f8fc0", fmt::format("{} to {}: as in training", brief(trained.low), brief(trained.high)));
  const bool beyond = span.high > trained.high || span.low < trained.low;
  if (beyond) out += key(at.left + 172, "#e08a4a", "beyond, never trained");
  return out;
}

/// No lower than `deepest` below the highest value.
std::string curve_panel(const Place& at, const CurveView& curve, const char* title, ChartAxis x, const char* y,
                        double shift, double deepest = kEndless) {
  Span span;
  for (const auto& head : curve.heads)
    for (const double value : head) span.add(value);
  if (span.empty() || span.high - span.low < 1e-9) return "";  // one number is no picture: the text says it
  // What lies that far below weighs nothing and would hide the rest.
  const bool cut = span.high - span.low > deepest;
  Chart chart(
      at.left, at.top, title, std::move(x),
      ChartAxis::linear(cut ? std::string(y) + ", cut below" : y, cut ? span.high - deepest : span.low, span.high));
  const size_t heads = std::min(curve.heads.size(), kHeads);
  const size_t step = std::max<size_t>(1, curve.at.size() / 2000);
  for (size_t h = 0; h < heads; ++h) {
    std::vector<std::pair<double, double>> points;
    for (size_t n = 0; n < curve.at.size(); n += curve.at[n] < 64 ? 1 : step)
      points.emplace_back(curve.at[n] + shift, curve.heads[h][n]);
    points.emplace_back(curve.at.back() + shift, curve.heads[h].back());
    const bool told = heads <= 4 || h == 0 || h + 1 == heads;
    const std::string name =
        curve.heads.size() == 1 ? "every head" : fmt::format("head {}", at.stack.first_head + static_cast<int64_t>(h));
    chart.line(points, h, told ? name : "");
  }
  chart.mark_x(static_cast<double>(at.view.trained_length), "N");
  return chart.svg();
}

std::string bias_panel(const Place& at) {
  if (at.stack.bias.empty()) return "";
  return curve_panel(at, at.stack.bias, "added to the logits",
                     ChartAxis::logs("relative position + 1", 1, static_cast<double>(at.view.length)), "logit", 1, 30);
}

std::string gain_panel(const Place& at) {
  if (at.stack.gain.empty()) return "";
  return curve_panel(at, at.stack.gain, "how sharp a query is",
                     ChartAxis::logs("query + 1", 1, static_cast<double>(at.view.length)),
                     fmt::format("gain, in 1/√{}", at.stack.head_dim).c_str(), 1);
}

}  // namespace

std::string draw_encoding(const EncodingView& view) {
  constexpr double kMargin = 16, kCell = Chart::kLeft + Chart::kWidth + Chart::kRight;
  constexpr double kRow = Chart::kTop + Chart::kHeight + Chart::kBottom;
  std::string body = svg::text(kMargin, 30, view.title.empty() ? "the default configuration" : view.title,
                               "font-size=\"17\" font-weight=\"bold\"");
  body += svg::text(kMargin, 50,
                    fmt::format("N = {} tokens in training, M = {} at test time{}; shown {}", view.trained_length,
                                view.tested_length, view.variant.empty() ? "" : ", variant " + view.variant,
                                view.mode == "train" ? "in training" : "at test time"),
                    "fill=\"#555\"");
  double top = 66;
  size_t widest = 2;
  for (const LayersView& kind : view.kinds) {
    if (!kind.detailed) continue;
    for (const StackView& stack : kind.stacks) {
      std::string names;
      for (const ModifierView& modifier : stack.modifiers) names += (names.empty() ? "" : " → ") + modifier.name;
      top += 18;
      body += svg::line(kMargin, top - 14, kMargin + 2 * kCell, top - 14, "stroke=\"#ccc\"");
      body += svg::text(kMargin, top + 6,
                        stack_title(kind, stack) + ": " + (names.empty() ? "no position encoding" : names),
                        "font-size=\"14\" font-weight=\"bold\" fill=\"#0072b2\"");
      top += 22;
      std::vector<std::string (*)(const Place&)> panels;
      for (const auto panel : {turns_panel, positions_panel, map_panel, bias_panel, gain_panel})
        if (!panel({view, stack, 0, 0}).empty()) panels.push_back(panel);
      const size_t columns = panels.size() == 4 ? 2 : 3;
      for (size_t p = 0; p < panels.size(); ++p) {
        if (p > 0 && p % columns == 0) top += kRow;
        body += panels[p](
            {view, stack, kMargin + static_cast<double>(p % columns) * kCell + Chart::kLeft, top + Chart::kTop});
      }
      widest = std::max(widest, std::min(columns, panels.size()));
      top += kRow;
    }
  }
  return svg::document(2 * kMargin + static_cast<double>(widest) * kCell, top + kMargin, body);
}

}  // namespace lx
