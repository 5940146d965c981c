#include "sweep/block.h"

#include "base/error.h"
#include "config/fields.h"
#include "config/override.h"
#include "config/scalar.h"

#include <algorithm>
#include <optional>

namespace lx {
namespace {

struct BlockFields {
  config::Node product{config::Map{}}, zip{config::List{}}, cells{config::List{}}, exclude{config::List{}}, seeds;
  static constexpr auto fields() {
    using C = BlockFields;
    return std::tuple{
        config::field("product", &C::product, "key: list of values; every combination is a cell"),
        config::field("zip", &C::zip, "lists of equal length that go together, first with first"),
        config::field("cells", &C::cells, "cells given one by one, beside the product"),
        config::field("exclude", &C::exclude, "combinations of the product that are left out"),
        config::field("seeds", &C::seeds, "how many seeds (from 0), or which: each cell is run with each of them")};
  }
};

struct BlockReader {
  static config::Element element(const config::Node& value) {
    config::Element element;
    if (value.is_list()) {
      element.kind = config::Element::Kind::list;
      for (const config::Node& item : value.list()) element.items.push_back(BlockReader::element(item));
    } else if (value.is_map()) {
      element.kind = config::Element::Kind::dict;
      for (const auto& [key, item] : value.map()) {
        element.names.push_back(key);
        element.items.push_back(BlockReader::element(item));
      }
    } else {
      element.scalar = value;
    }
    return element;
  }

  static Setting setting(const std::string& key, const config::Node& value, const config::Place& key_place) {
    Setting setting{key, "", override_value_text(value), value};
    setting.word = key + "=" + setting.text;
    std::string problem = "its value cannot be written as an override";
    try {
      const config::Node read = config::parse_override(setting.word).value();
      if (config::to_json(read) == config::to_json(value)) return setting;
    } catch (const Error& error) {
      problem = error.what();
    }
    config::fail_at(key_place, fmt::format("'{}' in the sweep cannot be set: {}", key, problem));
  }

  static const config::List& values(const std::string& key, const config::Node& node) {
    if (!node.is_list() || node.list().empty())
      config::fail_at(node.place, fmt::format("the sweep of {} wants a list of values, got the {} '{}'", key,
                                              node.kind_name(), config::python_text(node)));
    return node.list();
  }

  static const config::Map& map(const config::Node& node, const std::string& what) {
    if (!node.is_map() || node.map().empty())
      config::fail_at(node.place, fmt::format("{} wants keys and values, got the {} '{}'", what, node.kind_name(),
                                              config::python_text(node)));
    return node.map();
  }

  /// A map, or a list of maps.
  static config::List maps(const config::Node& node, const std::string& what) {
    if (node.is_null()) return {};
    if (node.is_map()) return node.map().empty() ? config::List{} : config::List{node};
    if (!node.is_list())
      config::fail_at(node.place, fmt::format("{} wants a list, got the {} '{}'", what, node.kind_name(),
                                              config::python_text(node)));
    return node.list();
  }

  static Axis zipped(const config::Node& node) {
    const config::Map& columns = map(node, "an entry of sweep.zip");
    Axis axis;
    for (const auto& [key, node_values] : columns) {
      const config::List& column = values(key, node_values);
      if (axis.empty()) axis.resize(column.size());
      if (axis.size() != column.size())
        config::fail_at(node_values.place,
                        fmt::format("sweep.zip: {} has {} values and the keys before it {}: what goes together has "
                                    "equally many",
                                    key, column.size(), axis.size()));
      for (size_t n = 0; n < column.size(); ++n) axis[n].push_back(setting(key, column[n], columns.key_place(key)));
    }
    return axis;
  }

  static std::vector<Point> points(const config::Node& node, const std::string& what) {
    std::vector<Point> all;
    for (const config::Node& entry : maps(node, what)) {
      const config::Map& keys = map(entry, "an entry of " + what);
      Point point;
      for (const auto& [key, value] : keys) point.push_back(setting(key, value, keys.key_place(key)));
      all.push_back(std::move(point));
    }
    return all;
  }

  static Axis seeds(const config::Node& node) {
    config::List list;
    if (node.is_null()) return {};
    if (node.is_list()) {
      list = values("seeds", node);
    } else {
      const int64_t count = node.kind() == config::Node::Kind::integer ? node.integer() : 0;
      if (count < 1 || count > 100000)
        config::fail_at(node.place, fmt::format("sweep.seeds is how many seeds or a list of them, got '{}'",
                                                config::python_text(node)));
      for (int64_t seed = 0; seed < count; ++seed) list.emplace_back(seed);
    }
    Axis axis;
    for (const config::Node& seed : list) axis.push_back({setting("seed", seed, node.place)});
    return axis;
  }
};

}  // namespace

std::string override_value_text(const config::Node& value) { return config::element_text(BlockReader::element(value)); }

SweepBlock read_sweep_block(const config::Node& section) {
  const auto fields = config::read<BlockFields>(section, "sweep");
  SweepBlock block;
  if (!fields.product.is_null()) {
    if (!fields.product.is_map()) (void)BlockReader::map(fields.product, "sweep.product");
    for (const auto& [key, values] : fields.product.map()) {
      Axis axis;
      for (const config::Node& value : BlockReader::values(key, values))
        axis.push_back({BlockReader::setting(key, value, fields.product.map().key_place(key))});
      block.axes.push_back(std::move(axis));
    }
  }
  for (const config::Node& entry : BlockReader::maps(fields.zip, "sweep.zip"))
    block.axes.push_back(BlockReader::zipped(entry));
  block.cells = BlockReader::points(fields.cells, "sweep.cells");
  block.exclude = BlockReader::points(fields.exclude, "sweep.exclude");
  block.seeds = BlockReader::seeds(fields.seeds);
  return block;
}

}  // namespace lx
