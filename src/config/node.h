// A configuration value that knows where it was written. YAML files, the command line and our own defaults all become
// Nodes; everything above config/ reads Nodes and never sees yaml-cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lx::config {

/// Where a value was written: "configs/train/long.yaml:7:3", or "override 'train.steps=10'" for the command line.
struct Place {
  std::shared_ptr<const std::string> source;  // file, or a description of the source; null: made by the program
  int line = 0, column = 0;                   // 1-based; 0: no line
  /// "file:7:3: " or "override 'a=b': " or "": put it before a message.
  std::string prefix() const;
};

class Node;
using List = std::vector<Node>;
/// Keeps the order in which keys were first written.
class Map {
 public:
  using Entry = std::pair<std::string, Node>;
  Node* find(std::string_view key);
  const Node* find(std::string_view key) const;
  Node& operator[](std::string_view key);  // appends a null when absent
  bool erase(std::string_view key);
  size_t size() const;
  bool empty() const;
  std::vector<Entry>::iterator begin();
  std::vector<Entry>::iterator end();
  std::vector<Entry>::const_iterator begin() const;
  std::vector<Entry>::const_iterator end() const;
  std::vector<std::string> keys() const;
  /// Where the key itself (not its value) stands.
  const Place& key_place(std::string_view key) const;
  void set_key_place(std::string_view key, Place place);

 private:
  std::vector<Entry> entries_;
  std::vector<Place> places_;
};

/// null | bool | int64 | double | string | list | map. The string "???" written plain is `missing`.
class Node {
 public:
  enum class Kind { null, boolean, integer, real, string, list, map };

  Node() = default;
  Node(bool value);
  Node(int value);
  Node(int64_t value);
  Node(double value);
  Node(const char* value);
  Node(std::string value);
  Node(List value);
  Node(Map value);

  Kind kind() const { return static_cast<Kind>(value_.index()); }
  bool is_null() const { return kind() == Kind::null; }
  bool is_list() const { return kind() == Kind::list; }
  bool is_map() const { return kind() == Kind::map; }
  bool is_string() const { return kind() == Kind::string; }
  bool is_missing() const;  // "???"
  /// The word for the kind in messages: null, bool, int, float, str, list, dict.
  std::string_view kind_name() const;

  // Checked access: throws Error with the place when the kind differs. Conversions live in fields.h.
  bool boolean() const;
  int64_t integer() const;
  double real() const;  // accepts integers
  const std::string& string() const;
  const List& list() const;
  List& list();
  const Map& map() const;
  Map& map();

  /// Looks a dotted path up ("train.optimizer.lr", "eval.lengths.0"); null pointer when absent.
  const Node* find(std::string_view path) const;
  Node* find(std::string_view path);
  /// Sets a dotted path, making maps on the way.
  void set(std::string_view path, Node value);

  Place place;

  /// Same value (places ignored; map order ignored).
  bool operator==(const Node& other) const;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, List, Map> value_;
};

/// The full keys of all `???` below `node`, in order: "train.steps", "eval.lengths[2]".
std::vector<std::string> missing_keys(const Node& node, const std::string& path = "");

/// How many values there are, `node` and everything below it.
size_t count_nodes(const Node& node);

/// Throws Error: place, then the message.
[[noreturn]] void fail_at(const Place& place, const std::string& message);

/// YAML that reads back to the same Node: types kept ('12' quoted, 1.0 a float), PyYAML's layout.
std::string to_yaml(const Node& node);
/// JSON with key order and types kept (1, 1.0, "1" differ); inf and nan as {"__float__": "inf"}. indent < 0: one line.
std::string to_json(const Node& node, int indent = -1);
/// 32 hex digits of the value: independent of key order, places and formatting.
std::string hash(const Node& node);

}  // namespace lx::config
