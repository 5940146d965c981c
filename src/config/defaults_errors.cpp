#include "config/defaults_errors.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace lx::config {

namespace {

struct PathCheck {
  const DefaultEntry& entry;
  const std::string& name;

  void operator()(const char* what, const std::string& path, const char* advice) const {
    if (path.find('\\') != std::string::npos)
      fail_at(entry.place, fmt::format("In {}: Backslash ('\\') in Defaults List {} paths is not supported ('{}').\n"
                                       "Use '/' as the config group separator.",
                                       name, what, path));
    const std::vector<std::string> parts = split(path, '/');
    if (std::find(parts.begin(), parts.end(), "..") != parts.end())
      fail_at(entry.place, fmt::format("In {}: Parent traversal ('..') in Defaults List {} paths is not supported "
                                       "('{}').\n{}",
                                       name, what, path, advice));
  }
};

}  // namespace

void check_paths(const DefaultEntry& entry, const std::string& name) {
  const PathCheck check{entry, name};
  const char* option = "Config options cannot contain '..'. Select the target directly: '/config' or '/group: option'.";
  if (!entry.is_group())
    check("config", entry.path, "Use an absolute config path instead, such as '/group/config'.");
  else
    check("config group", entry.group, "Use an absolute config group path instead, such as '/group: option'.");
  if (entry.option) check("config option", *entry.option, option);
  if (entry.options)
    for (const std::string& item : *entry.options) check("config option", item, option);
}

void fail_override_order(const PlacedEntry& overriding, const PlacedEntry& later, const std::string& name) {
  const std::string stands =
      later.entry.is_group() ? later.override_key() + ": " + later.entry.shown_value() : later.entry.path;
  fail_at(overriding.entry.place,
          fmt::format("In {}: Override '{} : {}' is defined before '{}'.\nOverrides must be at the end of the "
                      "defaults list",
                      name, overriding.override_key(), overriding.entry.shown_value(), stands));
}

void fail_must_specify(const ConfigFiles& files, const PlacedEntry& item) {
  if (!item.entry.is_group())
    fail_at(item.origin(), fmt::format("In '{}': a plain entry cannot be missing; name a group", item.parent));
  const std::string key = item.override_key();
  std::string text = fmt::format("You must specify '{}', e.g, {}=<OPTION>\nAvailable options:", key, key);
  for (const std::string& option : files.options(item.group_path())) text += "\n\t" + option;
  fail_at(item.origin(), text);
}

void fail_not_found(const ConfigFiles& files, const PlacedEntry& item) {
  const std::string path = item.config_path();
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash);
  const auto known = files.options(folder);
  const std::string hint = did_you_mean(path.substr(slash == std::string::npos ? 0 : slash + 1), known);
  if (item.primary)
    fail_at({}, fmt::format("Cannot find primary config '{}'. Check that it's in your config search path{}\n{}", path,
                            hint.empty() ? "." : hint, files.described()));
  std::string text = fmt::format("In '{}': ", item.parent);
  if (item.entry.is_group() || !item.option_group.empty()) {
    text += fmt::format("Could not find '{}'{}", path, hint);
    if (!item.chosen_in.empty()) text += fmt::format(" (chosen in '{}')", item.chosen_in);
    if (!known.empty()) text += fmt::format("\n\nAvailable options in '{}':", folder);
    for (const std::string& option : known) text += "\n\t" + option;
  } else {
    text += fmt::format("Could not load '{}'.{}", path, hint.empty() ? "" : " D" + hint.substr(3));
  }
  fail_at(item.origin(), text + "\n" + files.described());
}

}  // namespace lx::config
