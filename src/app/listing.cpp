#include "app/listing.h"

#include "app/catalogue.h"
#include "app/legal_keys.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "config/yaml.h"
#include "encoding/register.h"

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <utility>

namespace lx {
namespace {

void print_key(const std::string& path, const config::KeyHelp& key) {
  const std::string type =
      key.type == "dict" && key.default_value.empty() ? "" : fmt::format(" ({}, {})", key.type, key.default_value);
  fmt::print("{}{}: {}\n", path, type, key.doc);
}

/// A default as people write it: 10000.0 is 10000, "half" is half.
std::string plain(const std::string& json) {
  std::string text = json;
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

struct ListingText {
  /// "base: 10000, layout: half|interleaved = half", to be broken between settings only.
  static std::string settings(const std::vector<config::KeyHelp>& fields) {
    std::vector<std::string> parts;
    for (const config::KeyHelp& key : fields) {
      if (key.type == "dict" && key.default_value.empty()) continue;  // its own keys follow
      const bool choice = key.type.find('|') != std::string::npos;
      parts.push_back(firm(key.path + ": " + (choice ? key.type + " = " : "") + plain(key.default_value)));
    }
    return join(parts, ", ");
  }

  static void print(const CatalogueSection& section) {
    const auto entries = section.entries();
    size_t width = 0;
    for (const CatalogueEntry& entry : entries) width = std::max(width, entry.name.size());
    for (const CatalogueEntry& entry : entries) {
      const size_t indent = 2 + width + 2;
      std::string first = wrapped(entry.summary + in_brackets(entry.source), indent, kWidth);
      first.replace(0, indent, fmt::format("  {:<{}}  ", entry.name, width));
      fmt::print("{}\n", trimmed_right(first));
      const std::string more = settings(entry.fields);
      if (!more.empty()) fmt::print("{}\n", wrapped(more, indent, kWidth));
    }
  }

  static std::string trimmed_right(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  }

  static void print_full(const CatalogueEntry& entry) {
    fmt::print("{}: {}\n", entry.name, entry.summary);
    if (!entry.source.empty()) fmt::print("source: {}\n", entry.source);
    fmt::print("write: {}\n", entry.choose);
    if (entry.method) {
      const Method method = entry.method();
      fmt::print("acts on: {}\nfused: {}; decoding: {}; non-causal: {}\n",
                 method.acts.empty() ? "nothing" : join(method.acts, ", "), method.paths.fused, method.paths.decoding,
                 method.paths.noncausal);
    }
    if (!entry.fields.empty()) fmt::print("\n");
    for (const config::KeyHelp& key : entry.fields) print_key(key.path, key);
    if (!entry.file.empty()) fmt::print("\n{}:\n{}", entry.file, read_file(project_folder() / entry.file));
  }

  static constexpr size_t kWidth = 120;
};

struct ListingJson {
  static config::Node node(const CatalogueEntry& entry) {
    config::Map map;
    map["name"] = entry.name;
    map["choose"] = entry.choose;
    map["summary"] = entry.summary;
    map["source"] = entry.source;
    if (!entry.file.empty()) map["file"] = entry.file;
    if (entry.file.empty()) {
      config::List fields;
      for (const config::KeyHelp& key : entry.fields) {
        const config::Node value =
            key.default_value.empty() ? config::Node() : config::parse_json(key.default_value, key.path);
        fields.push_back(
            config::Map(keyed({{"key", key.path}, {"type", key.type}, {"default", value}, {"doc", key.doc}})));
      }
      map["fields"] = std::move(fields);
    }
    if (entry.method) {
      const Method method = entry.method();
      config::List acts;
      for (const std::string& name : method.acts) acts.emplace_back(name);
      map["acts_on"] = std::move(acts);
      map["paths"] = keyed({{"one_pass", true},
                            {"fused", method.paths.fused},
                            {"decoding", method.paths.decoding},
                            {"non_causal", method.paths.noncausal}});
    }
    return map;
  }

  static config::Map keyed(std::initializer_list<std::pair<const char*, config::Node>> entries) {
    config::Map map;
    for (const auto& [key, value] : entries) map[key] = value;
    return map;
  }
};

/// What a request is about.
struct Selection {
  static bool is(const std::string& word, const std::string& kind) { return word == kind || word == kind + "s"; }

  static std::vector<const CatalogueSection*> sections(const std::string& wanted) {
    std::vector<const CatalogueSection*> found;
    std::vector<std::string> kinds{"method"};
    for (const CatalogueSection& section : catalogue()) {
      if (kinds.back() != section.kind) kinds.push_back(section.kind);
      const bool method = is(wanted, "method") && (section.kind == "encoding" || section.kind == "modifier");
      if (wanted.empty() || method || is(wanted, section.kind)) found.push_back(&section);
    }
    if (found.empty())
      throw UsageError(
          fmt::format("lx list knows no '{}'{} (kinds: {})", wanted, did_you_mean(wanted, kinds), join(kinds, ", ")));
    return found;
  }

  /// Kind and entry, all of them or those of one name.
  static std::vector<std::pair<std::string, CatalogueEntry>> entries(
      const std::vector<const CatalogueSection*>& sections, const ListRequest& request) {
    std::vector<std::pair<std::string, CatalogueEntry>> found;
    std::vector<std::string> names;
    for (const CatalogueSection* section : sections) {
      for (CatalogueEntry& entry : section->entries()) {
        names.push_back(entry.name);
        if (request.name.empty() || entry.name == request.name) found.emplace_back(section->kind, std::move(entry));
      }
    }
    if (found.empty())
      throw UsageError(fmt::format("there is no {} '{}'{} (known: {})", sections.front()->kind, request.name,
                                   did_you_mean(request.name, names), join(names, ", ")));
    return found;
  }
};

}  // namespace

void list_registered(const ListRequest& request) {
  const bool json = request.format == ListFormat::json;
  if (Selection::is(request.kind, "method") && !json) {
    if (!request.name.empty()) throw UsageError("lx list methods takes no name: lx list encoding NAME");
    fmt::print("{}", request.format == ListFormat::markdown ? methods_markdown({}) : methods_text({}));
    return;
  }
  if (request.format == ListFormat::markdown) throw UsageError("--markdown goes with lx list methods");
  const auto sections = Selection::sections(request.kind);
  if (request.name.empty() && !json) {
    for (const CatalogueSection* section : sections) {
      fmt::print("{}{}\n", section == sections.front() ? "" : "\n", section->title);
      ListingText::print(*section);
    }
    return;
  }
  config::Map map;
  bool first = true;
  for (const auto& [kind, entry] : Selection::entries(sections, request)) {
    if (json) {
      config::Node& list = map[kind];
      if (!list.is_list()) list = config::List{};
      list.list().push_back(ListingJson::node(entry));
    } else {
      if (!first) fmt::print("\n");
      ListingText::print_full(entry);
    }
    first = false;
  }
  if (json) fmt::print("{}\n", config::to_json(map, 2));
}

void list_keys(const std::string& prefix) {
  bool any = false;
  const auto show = [&](const std::string& path, const config::KeyHelp& key) {
    if (!path.starts_with(prefix)) return;
    any = true;
    print_key(path, key);
  };
  for (const LegalKey& key : legal_keys()) {
    config::KeyHelp help = key.help;
    if (!key.chosen_by.empty()) help.doc += fmt::format(" [{}]", key.chosen_by);
    show(help.path, help);
  }
  for (const auto& [name, entry] : modifiers().entries()) {
    if (prefix.empty() || !name.starts_with(prefix)) continue;  // modifiers stand in lists: asked for by their own name
    any = true;
    fmt::print("{}: {}\n", name, entry.summary);
    for (const config::KeyHelp& key : entry.help()) print_key(name + "." + key.path, key);
  }
  require(any, "no key starts with '{}'", prefix);
}

}  // namespace lx
