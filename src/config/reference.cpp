#include "config/reference.h"

#include "config/template.h"

namespace lx::config {

namespace {

struct PlainReference {
  // "a.b" of "${a.b}"; empty when the text is anything else.
  static std::string key(const Node& node) {
    const Template parts = parse_template(node.string(), node.place);
    if (parts.size() != 1 || parts[0].kind != TemplatePart::Kind::reference) return "";
    const Template& head = parts[0].head;
    return head.size() == 1 && head[0].kind == TemplatePart::Kind::text ? head[0].text : "";
  }

  static Node* step(Node& at, const std::string& key) {
    if (at.is_map()) return at.map().find(key);
    return at.is_list() && !key.empty() && key.find('.') == std::string::npos ? at.find(key) : nullptr;
  }
};

Node* follow_reference(Node& root, Node& node, std::vector<std::string> path, int depth) {
  if (!is_interpolation(node)) return &node;
  const std::string key = PlainReference::key(node);
  if (key.empty() || depth > 100) return nullptr;
  const size_t dots = key.find_first_not_of('.') == std::string::npos ? key.size() : key.find_first_not_of('.');
  if (dots > path.size()) return nullptr;
  path.resize(dots == 0 ? 0 : path.size() - dots);
  for (const std::string& name : reference_keys(std::string_view(key).substr(dots))) path.push_back(name);
  Node* at = &root;
  std::vector<std::string> walked;
  for (const std::string& name : path) {
    Node* next = PlainReference::step(*at, name);
    walked.push_back(name);
    at = next ? follow_reference(root, *next, walked, depth + 1) : nullptr;
    if (!at) return nullptr;
  }
  return at;
}

}  // namespace

bool is_interpolation(const Node& node) { return node.is_string() && node.string().find("${") != std::string::npos; }

Node* dereference(Node& root, Node& node, std::vector<std::string> path) {
  return follow_reference(root, node, std::move(path), 0);
}

}  // namespace lx::config
