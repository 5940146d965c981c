#include "result/grid.h"

#include "base/error.h"
#include "base/text.h"
#include "result/axis_names.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace lx {
namespace {

using config::Node;

struct GridMaker {
  // Holes that are worth a dimension for every key. Holes compress to nothing in the file, but pass through memory here
  // and in the reader.
  static constexpr size_t kPlacesACell = 64;
  static constexpr size_t kHoles = 100'000;
  static constexpr size_t kValues = size_t{1} << 26;

  const std::vector<SweepCell>& cells;

  const Node* find(size_t cell, const std::string& key) const {
    for (const auto& [name, value] : cells[cell].coordinates) {
      if (name == key) return &value;
    }
    return nullptr;
  }

  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    for (const SweepCell& cell : cells) {
      for (const auto& [key, value] : cell.coordinates) {
        if (key != "seed" && std::find(out.begin(), out.end(), key) == out.end()) out.push_back(key);
      }
    }
    out.emplace_back("seed");
    return out;
  }

  static GridAxis::Type type_of(const std::vector<const Node*>& found) {
    bool gaps = false, booleans = true, integers = true, numbers = true;
    for (const Node* value : found) {
      gaps = gaps || !value;
      if (!value) continue;
      booleans = booleans && value->kind() == Node::Kind::boolean;
      integers = integers && value->kind() == Node::Kind::integer;
      numbers = numbers && (value->kind() == Node::Kind::integer || value->kind() == Node::Kind::real);
    }
    if (booleans && !gaps) return GridAxis::Type::boolean;
    if (integers && !gaps) return GridAxis::Type::integer;
    return numbers ? GridAxis::Type::real : GridAxis::Type::text;
  }

  // Texts that would be told apart no more ('3' and 3) keep their quotes.
  static std::vector<std::string> texts_of(const std::vector<const Node*>& found) {
    std::map<std::string, std::string> spelling;  // text -> the value behind it
    bool clash = false;
    for (const Node* value : found) {
      if (!value) continue;
      const auto [at, fresh] = spelling.emplace(coordinate_text(*value), to_json(*value));
      clash = clash || (!fresh && at->second != to_json(*value));
    }
    std::vector<std::string> out;
    for (const Node* value : found) {
      out.push_back(!value ? "(not set)" : clash ? to_json(*value) : coordinate_text(*value));
    }
    return out;
  }

  static bool before(const Node& a, const Node& b) {
    if (a.kind() == Node::Kind::boolean) return a.boolean() < b.boolean();
    if (a.kind() == Node::Kind::integer) return a.integer() < b.integer();
    return std::isnan(b.real()) ? !std::isnan(a.real()) : a.real() < b.real();
  }

  GridAxis axis(const std::string& key) const {
    GridAxis out;
    out.key = key;
    std::vector<const Node*> found;
    std::vector<Node> seeds;
    for (const SweepCell& cell : cells) seeds.emplace_back(cell.seed);
    for (size_t i = 0; i < cells.size(); ++i) found.push_back(key == "seed" ? &seeds[i] : find(i, key));
    out.type = type_of(found);
    std::vector<Node> own;  // of each cell, all of one type
    if (out.type == GridAxis::Type::text) {
      for (std::string& text : texts_of(found)) own.emplace_back(std::move(text));
    } else {
      for (const Node* value : found) {
        if (out.type == GridAxis::Type::real)
          own.emplace_back(value ? value->real() : std::numeric_limits<double>::quiet_NaN());
        else
          own.push_back(*value);
      }
    }
    std::map<std::string, size_t> place;
    for (const Node& value : own) {
      if (place.emplace(to_json(value), 0).second) out.values.push_back(value);
    }
    if (out.type != GridAxis::Type::text) std::stable_sort(out.values.begin(), out.values.end(), before);
    for (size_t i = 0; i < out.values.size(); ++i) place[to_json(out.values[i])] = i;
    for (const Node& value : own) out.of_cell.push_back(place[to_json(value)]);
    return out;
  }

  // Does each value of `a` come with one value of `b` only?
  static bool determines(const GridAxis& a, const GridAxis& b) {
    std::vector<std::optional<size_t>> partner(a.values.size());
    for (size_t i = 0; i < a.of_cell.size(); ++i) {
      std::optional<size_t>& known = partner[a.of_cell[i]];
      if (known && *known != b.of_cell[i]) return false;
      known = b.of_cell[i];
    }
    return true;
  }

  // `one_way`: a key joins another that determines it, even when it does not determine the other in turn.
  static void join(Grid& grid, bool one_way) {
    const size_t count = grid.axes.size();
    const auto joins = [&](size_t a) { return grid.axes[a].values.size() > 1 && grid.axes[a].key != "seed"; };
    const auto leads = [&](size_t a, size_t b) {
      if (a == b || !joins(a) || !joins(b) || !determines(grid.axes[a], grid.axes[b])) return false;
      return determines(grid.axes[b], grid.axes[a]) ? a < b : one_way;
    };
    std::vector<bool> led(count);
    for (size_t b = 0; b < count; ++b) {
      for (size_t a = 0; a < count; ++a) led[b] = led[b] || leads(a, b);
    }
    grid.dimensions.clear();
    for (size_t b = 0; b < count; ++b) {
      grid.axes[b].along = b;
      for (size_t a = 0; a < count && led[b] && grid.axes[b].along == b; ++a) {
        if (!led[a] && leads(a, b)) grid.axes[b].along = a;
      }
      if (grid.axes[b].along == b) grid.dimensions.push_back(b);
    }
  }

  static double product(const Grid& grid) {  // may be beyond any integer
    double points = 1;
    for (const size_t d : grid.dimensions) points *= static_cast<double>(grid.axes[d].values.size());
    return points;
  }

  // The places that hold a cell.
  size_t taken(const Grid& grid) const {
    std::set<std::vector<size_t>> places;
    for (size_t i = 0; i < cells.size(); ++i) {
      std::vector<size_t> place;
      for (const size_t d : grid.dimensions) place.push_back(grid.axes[d].of_cell[i]);
      places.insert(std::move(place));
    }
    return places.size();
  }

  // Zipped lists with repeated values (widths 64, 128, 256 with rates 2, 1, 1) determine each other one way only. So do
  // keys of a few single cells, by chance: there every key keeps its dimension. A zip is known by leaving no hole.
  void join_zipped(Grid& grid) const {
    join(grid, true);
    if (product(grid) > static_cast<double>(taken(grid))) join(grid, false);
  }

  void place(Grid& grid) const {
    grid.cell_of_point.assign(grid.points, std::nullopt);
    for (size_t i = 0; i < cells.size(); ++i) {
      size_t point = grid.flat ? i : 0;
      for (const size_t d : grid.dimensions) point = point * grid.axes[d].values.size() + grid.axes[d].of_cell[i];
      grid.point_of_cell.push_back(point);
      if (!grid.cell_of_point[point]) grid.cell_of_point[point] = i;
    }
  }

  // Two different runs at one place: the coordinates do not tell them apart.
  bool clash(const Grid& grid) const {
    for (size_t i = 0; i < cells.size(); ++i) {
      const size_t first = *grid.cell_of_point[grid.point_of_cell[i]];
      if (first != i && (cells[i].run_id.empty() || cells[i].run_id != cells[first].run_id)) return true;
    }
    return false;
  }

  void flatten(Grid& grid, const std::string& why) const {
    grid.flat = true;
    grid.dimensions.clear();
    grid.point_of_cell.clear();
    grid.points = cells.size();
    grid.layout = "one dimension, cell, with every swept key as a coordinate along it: " + why;
    place(grid);
  }
};

}  // namespace

std::vector<int64_t> Grid::shape() const {
  if (flat) return {static_cast<int64_t>(points)};
  std::vector<int64_t> out;
  for (const size_t d : dimensions) out.push_back(static_cast<int64_t>(axes[d].values.size()));
  return out;
}

Grid make_grid(const std::vector<SweepCell>& cells, size_t values_a_point, bool flat) {
  const GridMaker maker{cells};
  Grid grid;
  const std::vector<std::string> keys = maker.keys();
  const std::vector<std::string> names = axis_names(keys);
  for (size_t i = 0; i < keys.size(); ++i) {
    grid.axes.push_back(maker.axis(keys[i]));
    grid.axes.back().name = names[i];
  }
  maker.join_zipped(grid);
  if (flat) {
    maker.flatten(grid, "as was asked for");
    return grid;
  }
  const double points = GridMaker::product(grid);
  const size_t most = std::min(GridMaker::kPlacesACell * cells.size(), cells.size() + GridMaker::kHoles);
  if (points > static_cast<double>(most) ||
      (points > static_cast<double>(cells.size()) &&
       points * static_cast<double>(values_a_point) > static_cast<double>(GridMaker::kValues))) {
    maker.flatten(grid, fmt::format("a dimension for each key would give {} places for {} cells", format_count(points),
                                    cells.size()));
    return grid;
  }
  grid.points = static_cast<size_t>(points);
  maker.place(grid);
  if (maker.clash(grid)) {
    maker.flatten(grid, "some cells have the same coordinates");
    return grid;
  }
  grid.layout = "a dimension for every swept key and the seed; keys that go together share one";
  return grid;
}

std::string coordinate_text(const Node& value) { return value.is_string() ? value.string() : to_json(value); }

}  // namespace lx
