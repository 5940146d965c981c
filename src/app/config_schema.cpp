#include "app/config_schema.h"

#include "app/section_schema.h"
#include "base/error.h"
#include "base/files.h"
#include "config/compose.h"
#include "experiment/run_config.h"
#include "model/mixer.h"
#include "model/model_registry.h"
#include "task/objective.h"
#include "task/registry.h"
#include "train/optimizer.h"
#include "train/schedule.h"

#include <algorithm>
#include <string>
#include <vector>

namespace lx {
namespace {

using config::definition;
using config::either;
using config::map_of;

const std::vector<std::string> kSections{"model",           "encoding",       "objective", "data",   "train",
                                         "train/optimizer", "train/schedule", "eval",      "runtime"};

struct ConfigSchema {
  config::Map definitions = config::text_definitions();

  ConfigSchema() {
    definitions["defaults"] = defaults();
    add_encoding_definitions(definitions);
    definitions["mixer"] = NamedChoices::of(mixers(), "name", "what mixes tokens").schema();
    config::Map by_layer;
    by_layer["layers"] = by_layer_schema(definition("mixer"));
    definitions["model.mixer"] = either({definition("mixer"), config::object_schema(std::move(by_layer))});
    NamedChoices model = NamedChoices::of(models(), "name", "which model");
    model.replace("mixer", definition("model.mixer"));
    definitions["model"] = model.schema();
    definitions["objective"] = NamedChoices::of(objectives(), "name", "what the model is asked for").schema();
    definitions["train.optimizer"] = NamedChoices::of(optimizers(), "name", "which rule").schema();
    definitions["train.schedule"] = NamedChoices::of(schedules(), "name", "which curve").schema();
    definitions["data"] = NamedChoices::of(task_registry(), "task", "what is asked of the model").schema();

    const config::Map all = top_properties(config::help<RunConfig>());
    for (const char* section : {"train", "eval", "runtime"}) definitions[section] = object_of(*all.find(section));
    put("train", "optimizer", definition("train.optimizer"));
    put("train", "schedule", definition("train.schedule"));
    put("eval", "variants", map_of({{"type", "object"}, {"additionalProperties", definition("variant")}}));
    definitions["run"] = run(all);
  }

  config::Node whole(const std::string& section) const {
    std::string name = section.empty() ? "run" : section;
    std::replace(name.begin(), name.end(), '/', '.');  // a slash means something in references
    config::Map root;
    root["$schema"] = "http://json-schema.org/draft-07/schema#";
    root["title"] = section.empty() ? "A configuration of lx" : "lx: the files of configs/" + section;
    const config::Node schema = with_defaults(*definitions.find(name));
    for (const auto& [key, value] : schema.map()) root[key] = value;
    root["definitions"] = definitions;
    return config::Node(std::move(root));
  }

 private:
  /// The object among the alternatives of a key that holds a dict.
  static config::Node object_of(const config::Node& schema) {
    for (const config::Node& one : schema.find("anyOf")->list())
      if (one.map().find("properties")) return one;
    fail("a section of the configuration is no dict");
  }

  /// Keeps the sentence of the key.
  void put(const std::string& section, const std::string& key, const config::Node& schema) {
    config::Node& own = *definitions[section].map().find("properties")->map().find(key);
    const config::Node* sentence = own.map().find("description");
    const config::Node kept = sentence ? *sentence : config::Node("");
    own = either({schema, definition("reference")});
    own.map()["description"] = kept;
  }

  static config::Node run(const config::Map& all) {
    config::Map keys;
    for (const auto& [key, schema] : all) {
      const bool section = std::find(kSections.begin(), kSections.end(), key) != kSections.end();
      if (!section) {
        keys[key] = schema;
        continue;
      }
      keys[key] = either({definition(key), definition("reference")});
      if (const config::Node* sentence = schema.map().find("description")) keys[key].map()["description"] = *sentence;
    }
    keys["hydra"] = map_of({{"type", "object"}, {"description", "how a run is carried out: folders, sweeps, logging"}});
    return config::object_schema(std::move(keys));
  }

  /// A file may begin with a list of defaults; a section inside another file may not.
  static config::Node with_defaults(config::Node schema) {
    const auto add = [](config::Node& object) {
      object.find("properties")->map()["defaults"] = definition("defaults");
    };
    add(schema);
    if (config::Node* rules = schema.map().find("allOf"))
      for (config::Node& rule : rules->list()) add(*rule.map().find("then"));
    return schema;
  }

  static config::Node defaults() {
    const config::Node any =
        map_of({{"type", config::List{"string", "null", "array"}}, {"items", map_of({{"type", "string"}})}});
    config::Map keys, patterns;
    for (const std::string& section : kSections) {
      config::List names;
      for (const std::string& option : config::options({project_folder() / "configs"}, section))
        names.emplace_back(option);
      const config::Node value = either({map_of({{"enum", names}}), any});
      keys[section] = value;
      keys["override /" + section] = value;
    }
    patterns[R"(^((optional|override) )*/?[A-Za-z_$][A-Za-z0-9_$/.-]*(@[A-Za-z0-9_$.]+)?$)"] = any;
    const config::Node entry = map_of({{"type", "object"},
                                       {"minProperties", 1},
                                       {"maxProperties", 1},
                                       {"properties", std::move(keys)},
                                       {"patternProperties", std::move(patterns)},
                                       {"additionalProperties", false}});
    return map_of({{"type", "array"},
                   {"description", "the files this one is built from, in merge order; _self_ is its own content"},
                   {"items", either({map_of({{"const", "_self_"}}), map_of({{"type", "string"}}), entry})}});
  }
};

}  // namespace

config::Node config_schema(const std::string& section) {
  if (!section.empty() && std::find(kSections.begin(), kSections.end(), section) == kSections.end())
    throw UsageError(fmt::format("there is no schema of '{}'{} (there are: {})", section,
                                 did_you_mean(section, kSections), join(kSections, ", ")));
  return ConfigSchema().whole(section);
}

}  // namespace lx
