// SVG written by hand: the few shapes our pictures are made of.
#pragma once

#include <string>

namespace lx::svg {

std::string escaped(const std::string& text);
std::string line(double x1, double y1, double x2, double y2, const std::string& style);
std::string text(double x, double y, const std::string& words, const std::string& style);
std::string rectangle(double x, double y, double width, double height, const std::string& style);

/// The colour of the n-th thing in a picture: Okabe and Ito's eight, told apart by most eyes.
const char* colour(size_t n);
/// The line of the n-th thing: its colour; after eight, dashes.
std::string stroke(size_t n);
/// Circles, squares, triangles, diamonds in turn, so that a grey print can be read as well.
std::string marker(size_t n, double x, double y);

/// A whole picture on white.
std::string document(double width, double height, const std::string& body);

/// Round numbers, about five of them, that span [low, high].
struct Ticks {
  double low = 0, high = 1, step = 1;
  /// `narrowest`: the least span worth an axis.
  Ticks(double least, double most, double narrowest);
  std::string label(double value) const;
};

}  // namespace lx::svg
