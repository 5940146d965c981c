// RoPE-Tie: one rotary embedding for text and for grids of patches in it (Su 2024, kexue.fm 10040). A token of text n
// stands at (n, n), and pairs of channels turn by the first and the second axis in turn, so that text alone is plain
// RoPE. A grid of h rows and w columns after a text that ends at P has its patch in row r, column c (from 1 on) at
// (P + r s, P + c t), and the text goes on at P + (h+1) s = P + (w+1) t: the gaps before and behind are alike.
//   whole: s = w+1, t = h+1;   real: s = (wh+1)/(h+1), t = (wh+1)/(w+1), so that a grid takes the room of its wh tokens
// The post wraps a grid in two tokens of text. A text that begins with a grid ends before it at P = -1.
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace lx {

enum class GridSpacing { whole, real };
template <>
struct config::EnumNames<GridSpacing> {
  static constexpr std::array<std::pair<std::string_view, GridSpacing>, 2> names{
      {{"whole", GridSpacing::whole}, {"real", GridSpacing::real}}};
};

namespace {

struct RopeTie final : ScoreModifier {
  struct Grid {
    int64_t at = 0, rows = 1, columns = 1;
    static constexpr auto fields() {
      return std::tuple{
          config::field("at", &Grid::at, "index of the first patch among the tokens", config::not_negative()),
          config::field("rows", &Grid::rows, "patches from top to bottom", config::at_least(1)),
          config::field("columns", &Grid::columns, "patches from left to right", config::at_least(1))};
    }
  };
  struct Config {
    std::vector<Grid> grids;
    GridSpacing spacing = GridSpacing::whole;
    static constexpr auto fields() {
      return std::tuple{config::field("grids", &Config::grids,
                                      "grids in every text, row by row: `{at, rows, columns}`; none: plain RoPE"),
                        config::field("spacing", &Config::spacing,
                                      "a grid's steps: whole positions, or as short as its number of patches")};
    }
  } config;

  RopeTie(Config c, const Shape&) : config(std::move(c)) {
    int64_t end = -1;
    for (const Grid& grid : config.grids) {
      require(grid.at > end,
              "rope_tie: the grid at {} must come after the one before it and a token of text, from {} on", grid.at,
              end + 1);
      end = grid.at + grid.rows * grid.columns;
    }
  }

  void place(Bands& bands, const Scene& scene) const override {
    const Tensor token = bands.home().key;
    Tensor first = token.clone(), second = token.clone();
    for (const Grid& grid : config.grids) {
      const int64_t patches = grid.rows * grid.columns, here = std::min(patches, scene.context_length - grid.at);
      if (here <= 0) break;
      const Steps step = steps(grid);
      const Tensor patch = at::arange(here, token.options());
      // What stands at P + 1 so far: the grid's own first token, were it text.
      const Tensor before = first.narrow(0, grid.at, 1) - 1;
      const Tensor text = first.slice(0, grid.at + patches) - static_cast<double>(patches) + step.all - 1;
      const Tensor row = patch.div(grid.columns, "floor") + 1, column = patch.remainder(grid.columns) + 1;
      std::vector<Tensor> down{first.narrow(0, 0, grid.at), before + row * step.down, text};
      std::vector<Tensor> across{second.narrow(0, 0, grid.at), before + column * step.across, text};
      first = at::cat(down);
      second = at::cat(across);
    }
    bands.home().key = first;
    bands.home().key_down = second;
    bands.home().query = first.narrow(0, scene.offset, scene.queries);
    bands.home().query_down = second.narrow(0, scene.offset, scene.queries);
  }

  void tune(Frequencies& frequencies, const Scene&) const override {
    if (frequencies.turning())
      frequencies.down = at::arange(frequencies.theta.size(0), frequencies.theta.options()).remainder(2) == 1;
  }

  Traits traits() const override {
    return {.needs_turning = true,
            .fractions = config.spacing == GridSpacing::real && !config.grids.empty(),
            .on_a_grid = true};
  }

  void define(PairRule& rule) const override {
    Numbers first, second;
    double text = -1;  // where text has come to
    const auto stand = [&](double a, double b) {
      first.push_back(a);
      second.push_back(b);
    };
    const auto go_to = [&](int64_t token) {
      while (static_cast<int64_t>(first.size()) < token) {
        text += 1;
        stand(text, text);
      }
    };
    for (const Grid& grid : config.grids) {
      go_to(grid.at);
      const auto h = static_cast<double>(grid.rows), w = static_cast<double>(grid.columns);
      const bool whole = config.spacing == GridSpacing::whole;
      for (double r = 1; r <= h; ++r)
        for (double c = 1; c <= w; ++c)
          stand(text + r * (whole ? w + 1 : (w * h + 1) / (h + 1)), text + c * (whole ? h + 1 : (w * h + 1) / (w + 1)));
      text += (whole ? (w + 1) * (h + 1) : w * h + 1) - 1;
    }
    go_to(rule.keys);
    rule.place = [first](int64_t t) { return first[static_cast<size_t>(t)]; };
    rule.place_down = [second](int64_t t) { return second[static_cast<size_t>(t)]; };
    for (size_t m = 0; m < rule.theta.size(); ++m) rule.down.push_back(m % 2 == 1);
  }

 private:
  struct Steps {
    double down, across, all;  // between rows, between columns, from the text before to the text behind
  };

  Steps steps(const Grid& grid) const {
    const auto h = static_cast<double>(grid.rows), w = static_cast<double>(grid.columns);
    if (config.spacing == GridSpacing::whole) return {w + 1, h + 1, (w + 1) * (h + 1)};
    return {(w * h + 1) / (h + 1), (w * h + 1) / (w + 1), w * h + 1};
  }
};

REGISTER_MODIFIER(RopeTie, "rope_tie", "RoPE whose pairs alternate between two axes, for grids of patches in a text",
                  "Su 2024, kexue.fm 10040");

}  // namespace
}  // namespace lx
