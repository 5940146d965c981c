// Nodes and their maps: looking up, setting, merging, comparing, hashing.
#include "config/node.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lx::config {

std::string Place::prefix() const {
  if (!source) return "";
  if (line <= 0) return *source + ": ";
  return fmt::format("{}:{}:{}: ", *source, line, column);
}

void fail_at(const Place& place, const std::string& message) { throw Error(place.prefix() + message); }

// ---- Map

Node* Map::find(std::string_view key) {
  for (Entry& entry : entries_)
    if (entry.first == key) return &entry.second;
  return nullptr;
}

const Node* Map::find(std::string_view key) const { return const_cast<Map*>(this)->find(key); }

Node& Map::operator[](std::string_view key) {
  if (Node* found = find(key)) return *found;
  entries_.emplace_back(std::string(key), Node());
  places_.emplace_back();
  return entries_.back().second;
}

bool Map::erase(std::string_view key) {
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].first != key) continue;
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
    places_.erase(places_.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }
  return false;
}

size_t Map::size() const { return entries_.size(); }
bool Map::empty() const { return entries_.empty(); }
std::vector<Map::Entry>::iterator Map::begin() { return entries_.begin(); }
std::vector<Map::Entry>::iterator Map::end() { return entries_.end(); }
std::vector<Map::Entry>::const_iterator Map::begin() const { return entries_.begin(); }
std::vector<Map::Entry>::const_iterator Map::end() const { return entries_.end(); }

std::vector<std::string> Map::keys() const {
  std::vector<std::string> all;
  for (const Entry& entry : entries_) all.push_back(entry.first);
  return all;
}

const Place& Map::key_place(std::string_view key) const {
  static const Place nowhere;
  for (size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].first == key) return places_[i];
  return nowhere;
}

void Map::set_key_place(std::string_view key, Place place) {
  for (size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].first == key) {
      places_[i] = std::move(place);
      return;
    }
}

// ---- Node

Node::Node(bool value) : value_(value) {}
Node::Node(int value) : value_(static_cast<int64_t>(value)) {}
Node::Node(int64_t value) : value_(value) {}
Node::Node(double value) : value_(value) {}
Node::Node(const char* value) : value_(std::string(value)) {}
Node::Node(std::string value) : value_(std::move(value)) {}
Node::Node(List value) : value_(std::move(value)) {}
Node::Node(Map value) : value_(std::move(value)) {}

bool Node::is_missing() const { return is_string() && std::get<std::string>(value_) == "???"; }

std::string_view Node::kind_name() const {
  static constexpr std::string_view names[] = {"null", "bool", "int", "float", "str", "list", "dict"};
  return names[value_.index()];
}

namespace {
[[noreturn]] void wrong_node_kind(const Node& node, std::string_view wanted) {
  fail_at(node.place, fmt::format("expected a {} here, got a {}", wanted, node.kind_name()));
}
}  // namespace

bool Node::boolean() const {
  if (const bool* value = std::get_if<bool>(&value_)) return *value;
  wrong_node_kind(*this, "bool");
}

int64_t Node::integer() const {
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return *value;
  wrong_node_kind(*this, "int");
}

double Node::real() const {
  if (const double* value = std::get_if<double>(&value_)) return *value;
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return static_cast<double>(*value);
  wrong_node_kind(*this, "float");
}

const std::string& Node::string() const {
  if (const std::string* value = std::get_if<std::string>(&value_)) return *value;
  wrong_node_kind(*this, "str");
}

const List& Node::list() const {
  if (const List* value = std::get_if<List>(&value_)) return *value;
  wrong_node_kind(*this, "list");
}

List& Node::list() {
  if (List* value = std::get_if<List>(&value_)) return *value;
  wrong_node_kind(*this, "list");
}

const Map& Node::map() const {
  if (const Map* value = std::get_if<Map>(&value_)) return *value;
  wrong_node_kind(*this, "dict");
}

Map& Node::map() {
  if (Map* value = std::get_if<Map>(&value_)) return *value;
  wrong_node_kind(*this, "dict");
}

Node* Node::find(std::string_view path) {
  Node* at = this;
  while (at && !path.empty()) {
    const size_t dot = path.find('.');
    const std::string_view key = path.substr(0, dot);
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    if (at->is_map()) {
      at = at->map().find(key);
    } else if (at->is_list()) {
      size_t index = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
      const bool ok = error == std::errc() && end == key.data() + key.size() && index < at->list().size();
      at = ok ? &at->list()[index] : nullptr;
    } else {
      at = nullptr;
    }
  }
  return at;
}

const Node* Node::find(std::string_view path) const { return const_cast<Node*>(this)->find(path); }

void Node::set(std::string_view path, Node value) {
  Node* at = this;
  const std::vector<std::string> keys = split(path, '.');
  for (const std::string& key : keys) {
    if (at->is_list()) {
      Node* item = at->find(key);
      require(item, "{}the list has no element '{}' (of '{}'); it has {}", at->place.prefix(), key, path,
              at->list().size());
      at = item;
    } else {
      if (!at->is_map()) {
        const Place kept = at->place;
        *at = Node(Map());
        at->place = kept;
      }
      at = &at->map()[key];
    }
  }
  *at = std::move(value);
}

bool Node::operator==(const Node& other) const {
  if (kind() != other.kind()) return false;
  if (is_list()) return list() == other.list();
  if (kind() == Kind::real) return real() == other.real() || (std::isnan(real()) && std::isnan(other.real()));
  if (!is_map()) {
    switch (kind()) {
      case Kind::boolean:
        return boolean() == other.boolean();
      case Kind::integer:
        return integer() == other.integer();
      case Kind::string:
        return string() == other.string();
      default:
        return true;
    }
  }
  if (map().size() != other.map().size()) return false;
  for (const auto& [key, value] : map()) {
    const Node* twin = other.map().find(key);
    if (!twin || !(value == *twin)) return false;
  }
  return true;
}

std::vector<std::string> missing_keys(const Node& node, const std::string& path) {
  std::vector<std::string> all;
  const auto add = [&](const Node& child, const std::string& child_path) {
    const auto inner = missing_keys(child, child_path);
    all.insert(all.end(), inner.begin(), inner.end());
  };
  if (node.is_missing()) all.push_back(path);
  if (node.is_map())
    for (const auto& [key, value] : node.map()) add(value, path.empty() ? key : path + "." + key);
  if (node.is_list())
    for (size_t i = 0; i < node.list().size(); ++i) add(node.list()[i], fmt::format("{}[{}]", path, i));
  return all;
}

size_t count_nodes(const Node& node) {
  size_t count = 1;
  if (node.is_list())
    for (const Node& item : node.list()) count += count_nodes(item);
  if (node.is_map())
    for (const auto& entry : node.map()) count += count_nodes(entry.second);
  return count;
}

namespace {
// Every value is prefixed by its kind and every text by its length, so that no two values share a text.
void write_canonical(const Node& node, std::string& out) {
  const auto text = [&](const std::string& value) { out += fmt::format("{}:{}", value.size(), value); };
  switch (node.kind()) {
    case Node::Kind::null:
      out += 'n';
      break;
    case Node::Kind::boolean:
      out += node.boolean() ? "b1" : "b0";
      break;
    case Node::Kind::integer:
      out += fmt::format("i{};", node.integer());
      break;
    case Node::Kind::real:
      out += fmt::format("f{};", std::isnan(node.real()) ? "nan" : format_double(node.real()));
      break;
    case Node::Kind::string:
      out += 's', text(node.string());
      break;
    case Node::Kind::list:
      out += '[';
      for (const Node& item : node.list()) write_canonical(item, out);
      out += ']';
      break;
    case Node::Kind::map: {
      std::vector<std::string> keys = node.map().keys();
      std::sort(keys.begin(), keys.end());
      out += '{';
      for (const std::string& key : keys) text(key), write_canonical(*node.map().find(key), out);
      out += '}';
      break;
    }
  }
}
}  // namespace

std::string hash(const Node& node) {
  std::string canonical;
  write_canonical(node, canonical);
  return hash_hex(canonical);
}

}  // namespace lx::config
