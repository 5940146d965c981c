#include "report/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace lx::svg {
namespace {

constexpr std::array<const char*, 8> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                              "#e69f00", "#56b4e9", "#333333", "#8b6508"};
constexpr std::array<const char*, 3> kDashes{"", "6 3", "2 3"};

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  return out;
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1, x2, y2, style);
}

std::string text(double x, double y, const std::string& words, const std::string& style) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, style, escaped(words));
}

std::string rectangle(double x, double y, double width, double height, const std::string& style) {
  return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" {}/>\n", x, y, width, height,
                     style);
}

const char* colour(size_t n) { return kColours[n % kColours.size()]; }

std::string stroke(size_t n) {
  const char* dash = kDashes[n / kColours.size() % kDashes.size()];
  return fmt::format("stroke=\"{}\" stroke-width=\"1.8\" fill=\"none\"{}", colour(n),
                     *dash ? fmt::format(" stroke-dasharray=\"{}\"", dash) : "");
}

std::string marker(size_t n, double x, double y) {
  switch (n % 4) {
    case 0:
      return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.4\" fill=\"{}\"/>\n", x, y, colour(n));
    case 1:
      return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"6.4\" height=\"6.4\" fill=\"{}\"/>\n", x - 3.2,
                         y - 3.2, colour(n));
    case 2:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l4.2 7.2h-8.4z\" fill=\"{}\"/>\n", x, y - 4.6, colour(n));
    default:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l4.4 4.4l-4.4 4.4l-4.4 -4.4z\" fill=\"{}\"/>\n", x, y - 4.4,
                         colour(n));
  }
}

std::string document(double width, double height, const std::string& body) {
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
             "{1:.0f}\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\">\n"
             "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
             width, height) +
         body + "</svg>\n";
}

Ticks::Ticks(double least, double most, double narrowest) {
  const double span = std::max(most - least, narrowest);
  const double rough = span / 5, power = std::pow(10, std::floor(std::log10(rough)));
  step = power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1);
  low = std::floor(least / step) * step;
  high = std::ceil(most / step) * step;
  if (high <= low) high = low + step;
}

std::string Ticks::label(double value) const {
  const int digits = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  return fmt::format("{:.{}f}", value, digits);
}

}  // namespace lx::svg
