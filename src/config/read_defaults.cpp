// Reading the lines of a defaults list, each mistake with its own message and place.
#include "base/error.h"
#include "base/text.h"
#include "config/config_files.h"

#include <algorithm>

namespace lx::config {

namespace {

struct DefaultsReader {
  const std::string& name;

  [[noreturn]] void wrong(const Place& place, const std::string& what) const {
    fail_at(place, fmt::format("In {}: {}", name, what));
  }

  // "group@package"
  void split_package(const std::string& text, const Place& place, std::string& path,
                     std::optional<std::string>& package) const {
    const size_t at = text.find('@');
    path = text.substr(0, at);
    if (path.empty()) wrong(place, "Missing group name in defaults list");
    if (at == std::string::npos) return;
    package = text.substr(at + 1);
    if (package->find('@') != std::string::npos || package->find(':') != std::string::npos)
      wrong(place, fmt::format("'{}' does not name one package behind '@'", text));
    if (*package == "_group_" || package->find("_name_") != std::string::npos)
      wrong(place, fmt::format("the package keyword '{}' is gone since Hydra 1.4; write the package out", *package));
    if (*package == "_here_") *package = "";
    if (package->starts_with("_here_.")) *package = package->substr(7);
  }

  DefaultEntry plain(const Node& item) const {
    DefaultEntry entry;
    entry.place = item.place;
    split_package(item.string(), item.place, entry.path, entry.package);
    if (entry.is_self() && entry.package) wrong(item.place, "_self_@PACKAGE is not supported");
    return entry;
  }

  DefaultEntry group(const Node& item) const {
    if (item.map().size() > 1) wrong(item.place, fmt::format("Too many keys in default item {}", to_json(item)));
    if (item.map().empty()) wrong(item.place, "Missing group name in {}");
    const auto& [key, value] = *item.map().begin();
    DefaultEntry entry;
    entry.place = item.map().key_place(key);
    std::string_view rest = trim(key);
    while (true) {
      const size_t blank = rest.find(' ');
      const std::string_view word = rest.substr(0, blank);
      if (blank == std::string_view::npos) break;
      if (word != "optional" && word != "override")
        wrong(entry.place, fmt::format("Unsupported keyword '{}' in defaults list", word));
      (word == "optional" ? entry.optional : entry.overriding) = true;
      rest = trim(rest.substr(blank));
    }
    split_package(std::string(rest), entry.place, entry.group, entry.package);
    if (entry.group == "_self_") wrong(entry.place, "_self_ takes no option");
    read_option(entry, value);
    normalize_option(entry);
    return entry;
  }

  void read_option(DefaultEntry& entry, const Node& value) const {
    if (value.is_list()) {
      entry.options.emplace();
      for (const Node& item : value.list()) {
        if (!item.is_string())
          wrong(item.place, fmt::format("Unsupported item value in defaults : {}, nested list items must be strings",
                                        item.kind_name()));
        if (item.string().find("${") != std::string::npos)
          wrong(item.place, "Defaults List interpolation is not supported in options list items");
        entry.options->push_back(item.string());
      }
    } else if (value.is_string()) {
      entry.option = value.string();
    } else if (!value.is_null()) {
      wrong(value.place,
            fmt::format("Unsupported item value in defaults : {}. Supported: string or list", value.kind_name()));
    }
  }
};

}  // namespace

std::string DefaultEntry::shown_value() const {
  if (options) return "[" + join(*options, ", ") + "]";
  return option.value_or("null");
}

std::vector<DefaultEntry> read_defaults(const Node& list, const std::string& name) {
  const DefaultsReader reader{name};
  if (!list.is_list())
    fail_at(list.place, fmt::format("Invalid defaults list in '{}', defaults must be a list (got {})", name,
                                    list.is_map() ? "mapping" : list.kind_name()));
  std::vector<DefaultEntry> entries;
  for (const Node& item : list.list()) {
    if (item.is_string())
      entries.push_back(reader.plain(item));
    else if (item.is_map())
      entries.push_back(reader.group(item));
    else
      reader.wrong(item.place,
                   fmt::format("Unsupported type in defaults : {}; write 'group: option' or the name of a config",
                               item.kind_name()));
  }
  return entries;
}

void normalize_option(DefaultEntry& entry) {
  if (!entry.option || entry.option->find("${") != std::string::npos || entry.option == "???") return;
  std::string& option = *entry.option;
  const std::vector<std::string> parts = split(option, '/');
  if (parts.size() < 2 || std::find(parts.begin(), parts.end(), "..") != parts.end()) return;
  const size_t slash = option.rfind('/');
  entry.group += "/" + option.substr(0, slash);
  option.erase(0, slash + 1);
}

}  // namespace lx::config
