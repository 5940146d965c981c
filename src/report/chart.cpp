#include "report/chart.h"

#include "report/encoding_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lx {

ChartAxis ChartAxis::exact(std::string title, double low, double high) {
  if (high <= low) high = low + 1;
  ChartAxis axis{low, high, false, std::move(title), {}};
  const svg::Ticks ticks(low, high, 1e-9);
  for (int k = 0; ticks.low + k * ticks.step <= high + ticks.step / 1000; ++k) {
    const double value = ticks.low + k * ticks.step;
    if (value >= low - ticks.step / 1000) axis.ticks.emplace_back(value, ticks.label(value));
  }
  return axis;
}

ChartAxis ChartAxis::linear(std::string title, double low, double high) {
  const svg::Ticks ticks(low, high, 1e-6);
  return exact(std::move(title), ticks.low, ticks.high);
}

ChartAxis ChartAxis::logs(std::string title, double low, double high) {
  if (high <= low) high = 2 * low;
  ChartAxis axis{low, high, true, std::move(title), {}};
  const bool tens = high / low > 3000;
  const double base = tens ? 10 : high / low > 64 ? 4 : 2;
  for (double power = std::ceil(std::log(low) / std::log(base) - 1e-9); std::pow(base, power) <= high * 1.0001; ++power)
    axis.ticks.emplace_back(std::pow(base, power), brief(std::pow(base, power)));
  while (axis.ticks.size() > 8) {
    for (size_t k = 1; k < axis.ticks.size(); ++k) axis.ticks.erase(axis.ticks.begin() + static_cast<long>(k));
  }
  return axis;
}

double ChartAxis::share(double value) const {
  if (logarithmic) return std::log(std::max(value, 1e-300) / low) / std::log(high / low);
  return (value - low) / (high - low);
}

Chart::Chart(double left, double top, std::string title, ChartAxis x, ChartAxis y)
    : left_(left), top_(top), title_(std::move(title)), x_(std::move(x)), y_(std::move(y)) {}

void Chart::line(const std::vector<std::pair<double, double>>& points, size_t n, const std::string& label) {
  std::string run;
  const auto flush = [&] {
    if (run.empty()) return;
    run.pop_back();
    // A point alone is no line: it gets a dot.
    if (run.find(' ') == std::string::npos) run += " " + run;
    body_ += fmt::format("<polyline points=\"{}\" {} stroke-linecap=\"round\" stroke-linejoin=\"round\"/>\n", run,
                         svg::stroke(n));
    run.clear();
  };
  for (const auto& [at, value] : points) {
    if (std::isfinite(value))
      run += fmt::format("{:.1f},{:.1f} ", x(at), y(value));
    else
      flush();
  }
  flush();
  if (!label.empty()) legend_.emplace_back(n, label);
}

void Chart::mark_x(double value, const std::string& label) {
  if (value < x_.low || value > x_.high) return;
  marks_ += svg::line(x(value), top_, x(value), top_ + kHeight, "stroke=\"#777\" stroke-dasharray=\"4 3\"");
  marks_ += svg::text(x(value), top_ - 4, label, "text-anchor=\"middle\" fill=\"#777\" font-size=\"10\"");
}

void Chart::mark_y(double value, const std::string& label) {
  if (value < y_.low || value > y_.high) return;
  marks_ += svg::line(left_, y(value), left_ + kWidth, y(value), "stroke=\"#777\" stroke-dasharray=\"4 3\"");
  marks_ += svg::text(left_ + kWidth - 4, y(value) - 4, label, "text-anchor=\"end\" fill=\"#777\" font-size=\"10\"");
}

void Chart::shade_y(double from, double to, const char* fill) {
  const double upper = y(std::min(std::max(from, to), y_.high)), lower = y(std::max(std::min(from, to), y_.low));
  if (lower > upper) body_ += svg::rectangle(left_, upper, kWidth, lower - upper, fmt::format("fill=\"{}\"", fill));
}

std::string Chart::svg() const {
  std::string out, grid;
  for (const auto& [value, label] : x_.ticks) {
    grid += svg::line(x(value), top_, x(value), top_ + kHeight, "stroke=\"#ececec\"");
    out += svg::text(x(value), top_ + kHeight + 15, label, "text-anchor=\"middle\" font-size=\"10.5\"");
  }
  for (const auto& [value, label] : y_.ticks) {
    grid += svg::line(left_, y(value), left_ + kWidth, y(value), "stroke=\"#ececec\"");
    out += svg::text(left_ - 6, y(value) + 4, label, "text-anchor=\"end\" font-size=\"10.5\"");
  }
  const std::string clip = fmt::format("chart{:.0f}-{:.0f}", left_, top_);
  const std::string frame =
      fmt::format("x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"", left_, top_, kWidth, kHeight);
  out += fmt::format("<clipPath id=\"{}\"><rect {}/></clipPath>\n<g clip-path=\"url(#{})\">\n{}{}</g>\n", clip, frame,
                     clip, grid, body_);
  out += marks_ + fmt::format("<rect {} fill=\"none\" stroke=\"#999\"/>\n", frame);
  out += svg::text(left_, top_ - 16, title_, "font-weight=\"bold\"");
  out += svg::text(left_ + kWidth / 2, top_ + kHeight + 33, x_.title, "text-anchor=\"middle\" fill=\"#444\"");
  const double middle = top_ + kHeight / 2, beside = left_ - 46;
  out += svg::text(
      beside, middle, y_.title,
      fmt::format("text-anchor=\"middle\" fill=\"#444\" transform=\"rotate(-90 {:.1f} {:.1f})\"", beside, middle));
  double at = left_;
  for (const auto& [n, label] : legend_) {
    const double below = top_ + kHeight + 50;
    out += svg::line(at, below - 4, at + 16, below - 4, svg::stroke(n)) +
           svg::text(at + 20, below, label, "font-size=\"10.5\"");
    at += 30 + 6.0 * static_cast<double>(label.size());
  }
  return out;
}

}  // namespace lx
