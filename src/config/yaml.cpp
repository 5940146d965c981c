// Reading YAML: yaml-cpp finds the structure, we type the scalars, check duplicate keys and apply merge keys.
#include "config/yaml.h"

#include "base/error.h"
#include "base/text.h"
#include "config/scalar.h"
#include "config/yaml_source.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <optional>
#include <sstream>

namespace lx::config {

namespace {

constexpr size_t kDeepestNesting = 200;
constexpr size_t kMostNodes = 1'000'000;

// Builds Nodes from yaml-cpp's events. Events rather than YAML::Node: each carries its mark, duplicate keys are still
// there, and an alias that contains itself cannot loop.
class NodeBuilder final : public YAML::EventHandler {
 public:
  NodeBuilder(std::shared_ptr<const std::string> source, const std::string& text)
      : source_(std::move(source)), text_(text) {}

  Node take_root() { return std::move(root_); }
  Place place(const YAML::Mark& mark) const { return {source_, mark.line + 1, mark.column + 1}; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Open* top = open_.empty() ? nullptr : &open_.back();
    if (top && top->block && top->key && top->key_position && text_.lacks_colon(*top->key_position))
      fail_at(top->key_place, fmt::format("not valid YAML: expected ': ' and a value after '{}'", *top->key));
    add(mark, Node(), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail_at(place(mark), "an alias cannot stand inside the value it names");
    Node copy = found->second;
    nodes_ += count_nodes(copy);
    if (nodes_ > kMostNodes) fail_at(place(mark), "aliases expand to more than a million values");
    add(mark, std::move(copy), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (tag != "?" && text_.never_closed(static_cast<size_t>(mark.pos)))
      fail_at(place(mark), "not valid YAML: this quote is never closed");
    Node node = typed(mark, tag, value);
    node.place = place(mark);
    add(mark, std::move(node), anchor, tag == "?" && value == "<<", &value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag, "seq");
    open(mark, Node(List()), anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    check_tag(mark, tag, "map");
    open(mark, Node(Map()), anchor);
    open_.back().block = style == YAML::EmitterStyle::Block;
  }
  void OnMapEnd() override {
    Open& top = open_.back();
    if (!top.merged.empty()) {  // PyYAML puts merged keys first, in front of the map's own
      Node result{Map()};
      for (const Node& source : top.merged)
        for (const auto& [key, value] : source.map())
          if (!result.map().find(key)) copy_entry(source.map(), key, value, result.map());
      for (const auto& [key, value] : top.node.map()) copy_entry(top.node.map(), key, value, result.map());
      result.place = top.node.place;
      top.node = std::move(result);
    }
    close();
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<std::string> key;  // a map's key that waits for its value
    Place key_place;
    std::optional<size_t> key_position;  // in the text; not of an alias
    bool key_merges = false;
    bool block = false;        // a map that is not written {...}
    std::vector<Node> merged;  // maps named by "<<", strongest first
  };

  std::shared_ptr<const std::string> source_;
  YamlSource text_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  Node root_;
  size_t nodes_ = 0;

  static size_t depth(const Node& node) {
    size_t deepest = 0;
    if (node.is_list())
      for (const Node& item : node.list()) deepest = std::max(deepest, depth(item));
    if (node.is_map())
      for (const auto& entry : node.map()) deepest = std::max(deepest, depth(entry.second));
    return deepest + 1;
  }

  static void copy_entry(const Map& from, const std::string& key, const Node& value, Map& to) {
    to[key] = value;
    to.set_key_place(key, from.key_place(key));
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag, const std::string& kind) const {
    if (tag == "?" || tag == "!" || tag.empty() || tag == "tag:yaml.org,2002:" + kind) return;
    fail_at(place(mark), fmt::format("the YAML tag '{}' is not supported here", tag));
  }

  Node typed(const YAML::Mark& mark, const std::string& tag, const std::string& value) const {
    const std::string prefix = "tag:yaml.org,2002:";
    if (tag == "!" || tag == prefix + "str") return Node(value);
    const Node plain = yaml_scalar(value, place(mark));
    if (tag == "?" || tag.empty()) return plain;
    const std::string kind = tag.starts_with(prefix) ? tag.substr(prefix.size()) : tag;
    if (kind == plain.kind_name()) return plain;
    if (kind == "float" && plain.kind() == Node::Kind::integer) return Node(plain.real());
    if (kind == "int" || kind == "float" || kind == "bool" || kind == "null")
      fail_at(place(mark), fmt::format("'{}' is not a {}, as its tag says", value, kind));
    fail_at(place(mark), fmt::format("the YAML tag '{}' is not supported here", tag));
  }

  void set_key(const YAML::Mark& mark, const Node& node, bool merge_key, const std::string* text) {
    Open& top = open_.back();
    if (node.is_map() || node.is_list())
      fail_at(place(mark), fmt::format("a key must be text or a number, not a {}", node.kind_name()));
    if (node.is_null() && !text) fail_at(place(mark), "a key is missing or null; quote it if it is meant as text");
    top.key = text ? *text : node.is_string() ? node.string() : python_text(node);
    top.key_place = place(mark);
    top.key_position = text ? std::optional(static_cast<size_t>(mark.pos)) : std::nullopt;
    top.key_merges = merge_key;
    if (const Node* first = top.node.map().find(*top.key); first && !merge_key) {
      const Place& before = top.node.map().key_place(*top.key);
      fail_at(top.key_place, fmt::format("found duplicate key '{}'; it is first set in line {}, column {}", *top.key,
                                         before.line, before.column));
    }
  }

  void add_merged(Node node) {
    Open& top = open_.back();
    const std::string hint = "'<<' merges a map or a list of maps; quote it if it is meant as an ordinary key";
    if (node.is_map()) {
      top.merged.push_back(std::move(node));
    } else if (node.is_list()) {
      for (Node& item : node.list()) {
        if (!item.is_map()) fail_at(item.place, hint);
        top.merged.push_back(std::move(item));
      }
    } else {
      fail_at(node.place, hint);
    }
  }

  void add(const YAML::Mark& mark, Node node, YAML::anchor_t anchor, bool merge_key = false,
           const std::string* text = nullptr) {
    if (!node.place.source) node.place = place(mark);
    if (++nodes_ > kMostNodes) fail_at(place(mark), "the file holds more than a million values");
    if (anchor) anchors_[anchor] = node;
    put(mark, std::move(node), merge_key, text);
  }

  // Hands a finished value to the list, map or document it belongs to.
  void put(const YAML::Mark& mark, Node node, bool merge_key, const std::string* text) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    if (open_.size() + depth(node) > kDeepestNesting + 1)
      fail_at(place(mark), fmt::format("the file is nested more than {} deep", kDeepestNesting));
    Open& top = open_.back();
    if (top.node.is_list()) {
      top.node.list().push_back(std::move(node));
    } else if (!top.key) {
      set_key(mark, node, merge_key, text);
    } else {
      const std::string key = *top.key;
      top.key.reset();
      if (top.key_merges) {
        add_merged(std::move(node));
      } else {
        top.node.map()[key] = std::move(node);
        top.node.map().set_key_place(key, top.key_place);
      }
    }
  }

  void open(const YAML::Mark& mark, Node node, YAML::anchor_t anchor) {
    node.place = place(mark);
    if (open_.size() >= kDeepestNesting)
      fail_at(node.place, fmt::format("the file is nested more than {} deep", kDeepestNesting));
    open_.push_back({.node = std::move(node), .anchor = anchor});
  }

  void close() {
    Node node = std::move(open_.back().node);
    const YAML::anchor_t anchor = open_.back().anchor;
    open_.pop_back();
    const YAML::Mark none = YAML::Mark::null_mark();
    if (anchor) anchors_[anchor] = node;
    const Place where = node.place;
    if (!open_.empty() && open_.back().node.is_map() && !open_.back().key)
      fail_at(where, fmt::format("a key must be text or a number, not a {}", node.kind_name()));
    put(none, std::move(node), false, nullptr);
  }
};

std::string line_of(const std::string& text, int line) {
  std::istringstream stream(text);
  std::string found;
  for (int i = 0; i <= line && std::getline(stream, found); ++i) {
  }
  return found;
}

[[noreturn]] void explain_yaml_error(const YAML::Exception& error, const std::string& text, const NodeBuilder& builder,
                                     const std::shared_ptr<const std::string>& source) {
  if (error.mark.is_null()) fail_at(Place{source, 0, 0}, "not valid YAML: " + error.msg);
  const std::string line = line_of(text, error.mark.line);
  std::string hint;
  if (error.msg == "end of map not found" || error.msg == "illegal map value")
    hint = "; a line near here lacks its ': ', holds a second one, or is indented differently from its neighbours";
  if (line.find("${") != std::string::npos)
    hint = "; quote an interpolation that holds ': ', ' #', '{' or ',': '${...}'";
  else if (line.find('\t') != std::string::npos)
    hint = "; indent with spaces, not tabs";
  fail_at(builder.place(error.mark), "not valid YAML: " + error.msg + hint);
}

}  // namespace

Node parse_yaml(const std::string& text, const std::string& source) {
  const auto name = std::make_shared<const std::string>(source);
  if (!is_utf8(text) || text.find('\0') != std::string::npos) fail_at(Place{name, 0, 0}, "is not a text in UTF-8");
  if (const int line = YamlSource(text).strange_directive(); line > 0)
    fail_at(Place{name, line, 1}, "not valid YAML: a line cannot begin with '%'; quote the word");
  NodeBuilder builder(name, text);
  Node root;
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) root = builder.take_root();
    NodeBuilder second(name, text);
    if (parser.HandleNextDocument(second))
      fail_at(Place{name, 0, 0}, "holds more than one YAML document; keep one and remove the '---' after it");
  } catch (const YAML::Exception& error) {
    explain_yaml_error(error, text, builder, name);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail_at(Place{name, 0, 0}, fmt::format("not valid YAML: {}", error.what()));
  }
  if (root.is_null()) {
    root = Node(Map());
    root.place = Place{name, 1, 1};
  }
  if (!root.is_map() && !root.is_list())
    fail_at(root.place, fmt::format("a configuration must hold 'key: value' lines, not a single {}", root.kind_name()));
  return root;
}

Node load_yaml(const fs::path& path) { return parse_yaml(read_file(path), shown(path)); }

}  // namespace lx::config
