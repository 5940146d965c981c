#include "config/json_schema.h"

#include <algorithm>
#include <cmath>

namespace lx::config {
namespace {

struct SchemaText {
  /// Can plain JSON hold it? Infinities have no place there.
  static bool plain(const Node& node) {
    if (node.kind() == Node::Kind::real) return std::isfinite(node.real());
    if (node.is_list()) return std::all_of(node.list().begin(), node.list().end(), plain);
    if (node.is_map())
      return std::all_of(node.map().begin(), node.map().end(), [](const auto& entry) { return plain(entry.second); });
    return true;
  }

  static Node pattern(const std::string& regex) { return map_of({{"type", "string"}, {"pattern", regex}}); }
};

}  // namespace

Node map_of(std::vector<std::pair<std::string, Node>> entries) {
  Map map;
  for (auto& [key, value] : entries) map[key] = std::move(value);
  return Node(std::move(map));
}

Node either(std::vector<Node> schemas) {
  List flat;
  const auto add = [&](const Node& schema) {
    if (std::find(flat.begin(), flat.end(), schema) == flat.end()) flat.push_back(schema);
  };
  for (const Node& schema : schemas) {
    const Node* inner = schema.is_map() && schema.map().size() == 1 ? schema.map().find("anyOf") : nullptr;
    if (inner)
      std::for_each(inner->list().begin(), inner->list().end(), add);
    else
      add(schema);
  }
  if (flat.size() == 1) return flat.front();
  return map_of({{"anyOf", std::move(flat)}});
}

Node definition(const std::string& name) { return map_of({{"$ref", "#/definitions/" + name}}); }

Node number_schema(const char* type, const Bounds& bounds) {
  Node schema = map_of({{"type", type}});
  if (std::isfinite(bounds.low)) schema.map()[bounds.open_low ? "exclusiveMinimum" : "minimum"] = bounds.low;
  if (std::isfinite(bounds.high)) schema.map()[bounds.open_high ? "exclusiveMaximum" : "maximum"] = bounds.high;
  return schema;
}

Node object_schema(Map properties) {
  return map_of({{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}});
}

Node described(Node schema, std::string_view sentence, const Node& standard) {
  Map map;
  if (!sentence.empty()) map["description"] = std::string(sentence);
  const bool section = standard.is_map() && !standard.map().empty();  // its keys say theirs
  if (!section && SchemaText::plain(standard)) map["default"] = standard;
  // Draft 7 reads nothing beside a $ref.
  if (schema.is_map() && schema.map().find("$ref")) schema = map_of({{"allOf", List{schema}}});
  for (const auto& [key, value] : schema.map()) map[key] = value;
  return Node(std::move(map));
}

Map text_definitions() {
  Map map;
  const std::string reference = R"(^\?\?\?$|\$\{)";
  map["reference"] = SchemaText::pattern(reference);
  map["reference"].map()["description"] = "${...} stands for another value, ??? for one that must be given";
  map["boolean_text"] = SchemaText::pattern(
      "^([Yy]|[Yy]es|YES|[Oo]n|ON|[Tt]rue|TRUE|1|[Nn]|[Nn]o|NO|[Oo]ff|OFF|[Ff]alse|FALSE|0)$|" + reference);
  map["integer_text"] = SchemaText::pattern(R"(^[-+]?[0-9][0-9_]*$|)" + reference);
  map["number_text"] =
      SchemaText::pattern(R"(^[-+]?(\.?[0-9][0-9_.]*([eE][-+]?[0-9]+)?|\.?[iI](nf|NF)|\.?[nN]a[nN])$|)" + reference);
  return map;
}

}  // namespace lx::config
