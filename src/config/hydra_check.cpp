#include "config/hydra_check.h"

#include "base/error.h"
#include "base/text.h"
#include "config/hydra_builtin.h"
#include "config/scalar.h"

#include <algorithm>

namespace lx::config {

namespace {

struct HydraCheck {
  const std::string& context;

  [[noreturn]] void wrong(const Place& place, const std::string& what, const std::string& path) const {
    fail_at(place, fmt::format("{}{}\n    full_key: {}", context, what, path));
  }

  static bool open(const Node& type) { return type.is_map() && type.map().size() == 1 && type.map().find("*"); }

  void check(Node& node, const Node& type, const std::string& path) const {
    if (node.is_missing() || (node.is_string() && node.string().find("${") != std::string::npos)) return;
    if (type.is_map()) return check_map(node, type, path);
    if (type.is_list()) return check_list(node, type, path);
    check_scalar(node, type.string(), path);
  }

  void check_map(Node& node, const Node& type, const std::string& path) const {
    if (node.is_null() && open(type)) return;
    if (!node.is_map()) wrong(node.place, fmt::format("'{}' is not a dict: {}", path, to_json(node)), path);
    for (auto& [key, item] : node.map()) {
      const Node* inner = type.map().find(open(type) ? "*" : key);
      if (!inner) unknown(node, key, type, path);
      check(item, *inner, path + "." + key);
    }
  }

  [[noreturn]] void unknown(const Node& node, const std::string& key, const Node& type, const std::string& path) const {
    const std::string name = path == "hydra" ? "HydraConf" : path;
    wrong(node.map().key_place(key),
          fmt::format("Key '{}' not in '{}'{}", key, name, did_you_mean(key, type.map().keys())), path + "." + key);
  }

  void check_list(Node& node, const Node& type, const std::string& path) const {
    if (node.is_null() && type.list()[0].string() == "str") return;
    if (!node.is_list()) {
      if (path == "hydra.searchpath")
        fail_at(node.place, fmt::format("hydra.searchpath must be a list of strings. Got: {}", python_text(node)));
      wrong(node.place, fmt::format("Invalid value assigned: {} is not a list", to_json(node)), path);
    }
    int at = 0;
    for (Node& item : node.list()) check(item, type.list()[0], fmt::format("{}[{}]", path, at++));
  }

  void check_scalar(Node& node, std::string type, const std::string& path) const {
    const bool optional = type.ends_with('?');
    if (optional) type.pop_back();
    if (type == "any" || (optional && node.is_null())) return;
    if (node.is_null()) wrong(node.place, fmt::format("field '{}' is not Optional", path), path);
    const std::string value = python_text(node);
    const auto refuse = [&](const char* name) {
      wrong(node.place,
            fmt::format("Value '{}' of type '{}' could not be converted to {}", value, node.kind_name(), name), path);
    };
    if (node.is_list() || node.is_map()) refuse(type == "str" ? "String" : type == "int" ? "Integer" : "Boolean");
    if (type == "str") {
      become(node, Node(value));
    } else if (type == "int") {
      const auto number = node.is_string() ? python_int(value) : std::nullopt;
      if (number) become(node, Node(*number));
      if (node.kind() != Node::Kind::integer) refuse("Integer");
    } else if (type == "bool") {
      if (node.is_string()) become(node, yaml_scalar(value, node.place));
      if (node.kind() == Node::Kind::integer) become(node, Node(node.integer() != 0));
      if (node.kind() != Node::Kind::boolean) refuse("Boolean");
    } else if (type == "mode") {
      const std::string mode = value.starts_with("RunMode.") ? value.substr(8) : value;
      if (mode != "RUN" && mode != "MULTIRUN")
        wrong(node.place, fmt::format("Invalid value '{}', expected one of [RUN, MULTIRUN]", value), path);
      become(node, Node(mode));
    }
  }

  static void become(Node& node, Node value) {
    value.place = node.place;
    node = std::move(value);
  }
};

}  // namespace

void check_hydra(Node& hydra, const std::map<std::string, Node>& choices, const std::string& context) {
  Node types = builtin_types();
  for (const std::string part : {"launcher", "sweeper"}) {
    const auto choice = choices.find("hydra/" + part);
    if (choice == choices.end() || !choice->second.is_string()) continue;
    if (const Node* type = builtin_option_types("hydra/" + part, choice->second.string())) types.map()[part] = *type;
  }
  HydraCheck{context}.check(hydra, types, "hydra");
}

void check_hydra_deletion(const Override& override) {
  if (override.kind != Override::Kind::remove || !(override.key + ".").starts_with("hydra.")) return;
  const Node* type = &builtin_types();
  const std::vector<std::string> keys = split(override.key, '.');
  for (size_t i = 1; i + 1 < keys.size() && type && !HydraCheck::open(*type); ++i)
    type = type->is_map() ? type->map().find(keys[i]) : nullptr;
  if (type && (HydraCheck::open(*type) || (type->is_string() && type->string() == "any"))) return;
  fail_at(override.place,
          fmt::format("Error merging override {}\nthe keys of the hydra node cannot be deleted", override.text));
}

}  // namespace lx::config
