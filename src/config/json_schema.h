// Pieces of JSON Schema (draft 7, which editors of YAML know best), as Nodes.
#pragma once

#include "config/field.h"
#include "config/node.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lx::config {

Node map_of(std::vector<std::pair<std::string, Node>> entries);
/// One of these; nested choices are made flat.
Node either(std::vector<Node> schemas);
/// {"$ref": "#/definitions/NAME"}
Node definition(const std::string& name);
Node number_schema(const char* type, const Bounds& bounds);
/// A dict with these keys and no others.
Node object_schema(Map properties);
/// With a sentence, and the default where JSON can write it.
Node described(Node schema, std::string_view sentence, const Node& standard);
/// What value_schema() refers to: references, ???, and text that reads as a number or a boolean.
Map text_definitions();

}  // namespace lx::config
