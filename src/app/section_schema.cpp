#include "app/section_schema.h"

#include "base/text.h"
#include "encoding/register.h"

namespace lx {
namespace {

using config::definition;
using config::either;
using config::List;
using config::map_of;
using config::Node;

struct SchemaPieces {
  static Node choice(const std::string& name, const std::string& summary) {
    return map_of({{"const", name}, {"description", summary}});
  }

  static Node with_sentence(Node schema, const std::string& sentence) {
    Node all = config::described(std::move(schema), sentence, Node());
    all.map().erase("default");
    return all;
  }

  /// `rope`, `{rope: {base: 10000}}`, and for variants `~rope`.
  static Node modifier(bool variant) {
    List names;
    std::vector<std::string> plain;
    config::Map settings;
    for (const auto& [name, entry] : modifiers().entries()) {
      names.push_back(choice(name, entry.summary));
      plain.push_back(name);
      Node own = either({definition("modifier." + name), map_of({{"type", "null"}})});
      own.map()["description"] = entry.summary;
      settings[name] = std::move(own);
    }
    if (variant)
      names.push_back(map_of({{"type", "string"},
                              {"pattern", "^~(" + join(plain, "|") + ")$"},
                              {"description", "takes the modifier out of the trained stack"}}));
    Node object = config::object_schema(std::move(settings));
    object.map()["minProperties"] = 1;
    object.map()["maxProperties"] = 1;
    std::vector<Node> all(names.begin(), names.end());
    all.push_back(std::move(object));
    all.push_back(definition("reference"));
    return either(std::move(all));
  }

  static Node list_of(const std::string& item) {
    return either({map_of({{"type", "array"}, {"items", definition(item)}}), map_of({{"type", "null"}}),
                   definition("reference")});
  }

  static Node groups(const std::string& stack, bool variant) {
    config::Map group;
    group["stack"] = definition(stack);
    if (!variant)
      group["heads"] =
          map_of({{"description", "how many heads, or which share of them below 1; one group may leave it open"},
                  {"anyOf", List{map_of({{"type", "number"}, {"exclusiveMinimum", 0}}), definition("number_text")}}});
    return map_of({{"type", "object"},
                   {"description", "name: stack, or name: {heads, stack}"},
                   {"additionalProperties", either({definition(stack), config::object_schema(std::move(group))})}});
  }

  /// stack, groups or layers.
  static Node section(const std::string& stack, bool variant) {
    config::Map only_groups, keys;
    only_groups["groups"] = groups(stack, variant);
    keys["stack"] = with_sentence(definition(stack), "the modifiers of every layer and head");
    keys["groups"] = groups(stack, variant);
    keys["layers"] = by_layer_schema(either({definition(stack), config::object_schema(std::move(only_groups))}));
    const Node one = config::object_schema(keys);
    for (const auto& [part, sentence] :
         {std::pair{"encoder", "encoder_decoder: of the encoder alone"}, std::pair{"decoder", "of the decoder alone"},
          std::pair{"cross", "of cross-attention; without it, the source is read without positions"}})
      keys[part] = with_sentence(either({definition(stack), one}), sentence);
    return config::object_schema(std::move(keys));
  }
};

}  // namespace

config::Node by_layer_schema(const config::Node& entry) {
  config::Map by_layer;
  by_layer[R"(^(first|last|rest|every [1-9][0-9]*|[0-9]+/[1-9][0-9]*| *-?[0-9]+ *(, *-?[0-9]+ *)*)$)"] = entry;
  return map_of({{"type", "object"},
                 {"description", "by depth: first, last, every 4, 1/2 (a depth), 0 (an index), rest"},
                 {"patternProperties", std::move(by_layer)},
                 {"additionalProperties", false}});
}

config::Map top_properties(const std::vector<config::KeyHelp>& keys) {
  config::Map properties;
  for (const config::KeyHelp& key : keys)
    if (key.path.find('.') == std::string::npos) properties[key.path] = key.schema;
  return properties;
}

void NamedChoices::replace(const std::string& key, const Node& schema) {
  for (auto& [name, keys] : choices) {
    Node* own = keys.find(key);
    if (!own) continue;
    const Node* own_sentence = own->map().find("description");
    *own = SchemaPieces::with_sentence(schema, own_sentence ? own_sentence->string() : "");
  }
}

Node NamedChoices::schema() const {
  std::vector<Node> names;
  config::Map any;
  List rules;
  for (size_t n = 0; n < choices.size(); ++n) names.push_back(SchemaPieces::choice(choices[n].first, summaries[n]));
  names.push_back(definition("reference"));
  any[chooser] = SchemaPieces::with_sentence(either(names), sentence);
  for (const auto& [name, keys] : choices) {
    config::Map own;
    own[chooser] = map_of({{"const", name}});
    for (const auto& [key, schema] : keys) {
      if (key == chooser) continue;
      own[key] = schema;
      Node& shared = any[key];
      shared = shared.is_null() ? schema : either({shared, schema});
    }
    config::Map chosen;
    chosen[chooser] = map_of({{"const", name}});
    rules.push_back(map_of({{"if", map_of({{"properties", std::move(chosen)}, {"required", List{chooser}}})},
                            {"then", config::object_schema(std::move(own))}}));
  }
  Node schema = config::object_schema(std::move(any));
  schema.map()["allOf"] = std::move(rules);
  return schema;
}

void add_encoding_definitions(config::Map& definitions) {
  for (const auto& [name, entry] : modifiers().entries()) {
    config::Map keys = top_properties(entry.help());
    keys["when"] = map_of({{"enum", List{"both", "train", "test"}}, {"description", "when it acts"}});
    keys["replace"] =
        map_of({{"type", "boolean"}, {"description", "in eval.variants: take the place of the trained one"}});
    definitions["modifier." + name] =
        SchemaPieces::with_sentence(config::object_schema(std::move(keys)), entry.summary);
  }
  definitions["modifier"] = SchemaPieces::modifier(false);
  definitions["variant_modifier"] = SchemaPieces::modifier(true);
  definitions["stack"] = SchemaPieces::list_of("modifier");
  definitions["variant_stack"] = SchemaPieces::list_of("variant_modifier");
  definitions["encoding"] = SchemaPieces::section("stack", false);
  definitions["variant"] = either({definition("variant_stack"), SchemaPieces::section("variant_stack", true)});
}

}  // namespace lx
