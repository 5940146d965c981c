// One panel of a picture: a frame with axes, lines in it, and a legend.
#pragma once

#include "report/svg.h"

#include <string>
#include <utility>
#include <vector>

namespace lx {

struct ChartAxis {
  double low = 0, high = 1;
  bool logarithmic = false;
  std::string title;
  std::vector<std::pair<double, std::string>> ticks;

  /// Round numbers around [low, high].
  static ChartAxis linear(std::string title, double low, double high);
  /// From `low` to `high` exactly, ticks at round numbers in between.
  static ChartAxis exact(std::string title, double low, double high);
  /// Powers of ten, or of two where they are few.
  static ChartAxis logs(std::string title, double low, double high);
  double share(double value) const;  // 0 at low, 1 at high
};

class Chart {
 public:
  static constexpr double kWidth = 300, kHeight = 220, kLeft = 58, kTop = 34, kRight = 20, kBottom = 58;

  /// `left`, `top`: of the frame, not of its labels.
  Chart(double left, double top, std::string title, ChartAxis x, ChartAxis y);

  double x(double value) const { return left_ + kWidth * x_.share(value); }
  double y(double value) const { return top_ + kHeight * (1 - y_.share(value)); }
  /// Points in order; NaN breaks the line. `n` chooses the colour.
  void line(const std::vector<std::pair<double, double>>& points, size_t n, const std::string& label);
  void mark_x(double value, const std::string& label);
  void mark_y(double value, const std::string& label);
  void shade_y(double from, double to, const char* fill);
  /// Something already drawn in the frame's place.
  void put(const std::string& svg) { body_ += svg; }
  std::string svg() const;

 private:
  double left_, top_;
  std::string title_, body_, marks_;
  ChartAxis x_, y_;
  std::vector<std::pair<size_t, std::string>> legend_;
};

}  // namespace lx
