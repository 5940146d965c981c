// How a configuration came to be, printed as Hydra does for --info defaults and --info defaults-tree.
#include "base/text.h"
#include "config/composer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lx::config {

namespace {

struct DefaultsPrinter {
  static std::string shown(const DefaultsNode& node) {
    const PlacedEntry& item = node.item;
    return item.entry.is_group() ? item.override_key() + ": " + item.entry.shown_value() : item.config_path();
  }

  static void print(const DefaultsNode& node, int depth, std::string& out) {
    out += fmt::format("{:{}}{}{}\n", "", 2 * depth, shown(node), node.children.empty() ? "" : ":");
    for (const DefaultsNode& child : node.children) print(child, depth + 1, out);
  }
};

}  // namespace

DefaultsInfo defaults_info(const ComposeRequest& request) {
  const DefaultsList list = Composer(request).list();
  DefaultsInfo info;
  for (const MergeStep& step : list.steps) info.rows.push_back({step.config, step.package, step.parent, step.is_self});
  info.tree = "<root>:\n";
  for (const DefaultsNode& root : list.tree) DefaultsPrinter::print(root, 1, info.tree);
  return info;
}

std::string defaults_table(const DefaultsInfo& info) {
  using Row = std::array<std::string, 4>;
  std::vector<Row> rows{{"Config path", "Package", "_self_", "Parent"}};
  for (const DefaultsRow& row : info.rows)
    rows.push_back({row.config, row.package, row.is_self ? "True" : "False", row.parent});
  std::array<size_t, 4> widths{};
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string out;
  for (const Row& row : rows) {
    std::string line = "|";
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format(" {:<{}} |", row[i], widths[i]);
    const bool header = &row == &rows.front();
    out += line + (header ? " \n" : "\n");  // Hydra's header ends with a blank, and its rules are as long
    if (header || &row == &rows.back()) out += std::string(line.size() + 1, '-') + "\n";
  }
  return out;
}

}  // namespace lx::config
