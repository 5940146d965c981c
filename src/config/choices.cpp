// Bookkeeping of chosen options, after Hydra's Overrides class; see choices.h.
#include "config/choices.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>

namespace lx::config {

namespace {

std::string dotted(std::string path) {
  std::replace(path.begin(), path.end(), '/', '.');
  return path;
}

// "_global_" makes what follows it absolute.
std::string join_packages(const std::string& parent, const std::string& package) {
  const std::string joined = parent.empty() ? package : package.empty() ? parent : parent + "." + package;
  const size_t global = joined.rfind("_global_");
  if (global == std::string::npos) return joined;
  const size_t after = global + std::string_view("_global_").size();
  return after < joined.size() ? joined.substr(after + 1) : "";
}

std::string_view python_type(const Node& node) { return node.is_null() ? "NoneType" : node.kind_name(); }

// The option or options that a command line gives to a group.
void set_options(DefaultEntry& entry, const Node& value) {
  entry.option.reset();
  entry.options.reset();
  if (value.is_string()) {
    entry.option = value.string();
    return;
  }
  if (!value.is_list())
    fail_at(value.place, fmt::format("Config group override must be a string or a list. Got {}", python_type(value)));
  entry.options.emplace();
  for (const Node& item : value.list()) {
    if (!item.is_string())
      fail_at(item.place, fmt::format("a list of options must hold strings. Got {}", python_type(item)));
    entry.options->push_back(item.string());
  }
}

}  // namespace

// ---- PlacedEntry

std::string PlacedEntry::group_path() const {
  std::string group = entry.group;
  if (!entry.is_group()) {
    const size_t slash = entry.path.rfind('/');
    group = slash == std::string::npos ? "" : slash == 0 ? "/" : entry.path.substr(0, slash);
  }
  if (group.starts_with('/')) return group.substr(1);
  if (base_folder.empty() || primary) return group;
  return group.empty() ? base_folder : base_folder + "/" + group;
}

std::string PlacedEntry::config_path() const {
  if (entry.is_group()) return group_path() + "/" + *entry.option;
  if (entry.path.starts_with('/')) return entry.path.substr(1);
  return base_folder.empty() ? entry.path : base_folder + "/" + entry.path;
}

std::string PlacedEntry::final_package(bool with_header) const {
  if (!entry.package && with_header && header) return join_packages("", *header);
  if (primary && with_header && header) return join_packages("", *header);
  if (entry.package) return join_packages(parent_package, *entry.package);
  std::string group = entry.group;
  if (!entry.is_group())
    group = entry.path.substr(0, entry.path.rfind('/') == std::string::npos ? 0 : entry.path.rfind('/'));
  if (group.starts_with('/')) group.erase(0, 1);
  return join_packages(parent_package, dotted(group));
}

std::string PlacedEntry::override_key() const {
  const std::string package = final_package(false);
  const std::string group = group_path();
  if (package == dotted(group)) return group;
  return group + "@" + (package.empty() ? "_global_" : package);
}

bool PlacedEntry::is_interpolated() const {
  return (entry.option && entry.option->find("${") != std::string::npos) || entry.path.find("${") != std::string::npos;
}

PlacedEntry PlacedEntry::child(const DefaultEntry& child_entry, const std::string& name) const {
  PlacedEntry out;
  out.entry = child_entry;
  out.parent = name;
  out.base_folder = group_path();
  out.parent_package = final_package();
  return out;
}

// ---- Choices

Choices::Choices(const std::vector<Override>& overrides) {
  for (const Override& override : overrides) {
    const std::string key = override.key_with_package();
    const Node value = override.value();
    if (override.kind == Override::Kind::remove) {
      if (!value.is_null() && !value.is_string())
        fail_at(override.place, "Config group override deletion value must be a string");
      deleted_[key] = {value.is_string() ? std::optional(value.string()) : std::nullopt, override.place, false};
      continue;
    }
    if (override.kind == Override::Kind::force_add)
      fail_at(override.place, fmt::format("force-add of config groups is not supported: '{}'", override.text));
    DefaultEntry entry;
    entry.group = override.key;
    entry.package = override.package;
    if (entry.package == "_here_") entry.package = "";
    entry.place = override.place;
    set_options(entry, value);
    if (override.kind == Override::Kind::add) {
      entry.appended = true;
      normalize_option(entry, override.text);
      appended_.push_back(entry);
    } else {
      chosen_[key] = {entry, "", "+" + override.text, false};
    }
  }
}

void Choices::add(const PlacedEntry& overriding) {
  chosen_.try_emplace(overriding.override_key(), Choice{overriding.entry, overriding.parent, "", false});
}

void Choices::apply(PlacedEntry& item) {
  if (!item.entry.is_group()) return;
  if (const auto found = chosen_.find(item.override_key()); found != chosen_.end()) {
    Choice& choice = found->second;
    choice.used = true;
    item.entry.option = choice.entry.option;
    item.entry.options = choice.entry.options;
    item.chosen_at = choice.entry.place;
    if (!item.entry.option || item.entry.option->find('/') == std::string::npos) return;
    // "foo=bar/baz" for the entry foo: the option lies in foo/bar, its place in the config stays.
    if (!item.entry.package) item.entry.package = dotted(item.entry.group.substr(item.entry.group.starts_with('/')));
    normalize_option(item.entry, item.parent);
    return;
  }
  // "foo=bar/baz" for the entry foo/bar.
  const std::string group = item.group_path();
  const size_t slash = group.rfind('/');
  if (slash == std::string::npos || item.override_key() != group) return;
  const auto found = chosen_.find(group.substr(0, slash));
  const std::string prefix = group.substr(slash + 1) + "/";
  if (found == chosen_.end() || !found->second.entry.option || !found->second.entry.option->starts_with(prefix)) return;
  found->second.used = true;
  item.entry.option = found->second.entry.option->substr(prefix.size());
  item.entry.options.reset();
  item.chosen_at = found->second.entry.place;
}

void Choices::mark_origin(PlacedEntry& item) const {
  const auto found = item.entry.is_group() ? chosen_.find(item.override_key()) : chosen_.end();
  if (found != chosen_.end()) item.chosen_at = found->second.entry.place;
}

bool Choices::take_deletion(const PlacedEntry& item) {
  const auto found = deleted_.find(item.override_key());
  if (found == deleted_.end()) return false;
  if (found->second.option && found->second.option != item.entry.option) return false;
  found->second.used = true;
  return true;
}

void Choices::note(const PlacedEntry& item) {
  const std::string key = item.override_key();
  const std::string value = item.entry.shown_value();
  const auto [known, fresh] = known_.try_emplace(key, value);
  if (!fresh && known->second != value)
    fail_at(item.origin(),
            fmt::format("Multiple values for {}. To override a value use 'override {}: {}'", key, key, known->second));
  if (!fresh && value != "null")
    fail_at(item.origin(), fmt::format("{} appears more than once in the final defaults list", key));
  by_group_[item.group_path()].insert(key);
}

void Choices::interpolate(PlacedEntry& item) const {
  std::string& text = item.entry.option ? *item.entry.option : item.entry.path;
  const std::string whole = text;
  std::string out;
  size_t at = 0;
  while (true) {
    const size_t open = whole.find("${", at);
    out += whole.substr(at, open == std::string::npos ? open : open - at);
    if (open == std::string::npos) break;
    const size_t close = whole.find('}', open);
    const std::string key =
        close == std::string::npos ? "" : std::string(trim(whole.substr(open + 2, close - open - 2)));
    const auto found = known_.find(key);
    if (found == known_.end() || found->second == "null") {
      std::vector<std::string> keys;
      for (const auto& [name, option] : known_)
        if (option != "null") keys.push_back(name);
      fail_at(item.origin(),
              fmt::format("In '{}': Error resolving interpolation '{}', possible interpolation keys: {}{}", item.parent,
                          whole, join(keys, ", "), did_you_mean(key, keys)));
    }
    out += found->second;
    at = close + 1;
  }
  text = out;
  if (item.entry.is_group()) normalize_option(item.entry, item.parent);
}

void Choices::check_all_used() const {
  std::vector<std::string> keys;
  for (const auto& [key, option] : known_) keys.push_back(key);
  for (const auto& [key, choice] : chosen_) {
    if (choice.used) continue;
    const auto same_group = by_group_.find(split(key, '@')[0]);
    std::string text = choice.holder.empty() ? "" : fmt::format("In '{}': ", choice.holder);
    if (same_group == by_group_.end()) {
      text += fmt::format("Could not override '{}'. No match in the defaults list.", key);
      if (const std::string hint = did_you_mean(key, keys); !hint.empty()) text += " D" + hint.substr(3);
    } else {
      const std::vector<std::string> candidates(same_group->second.begin(), same_group->second.end());
      text += fmt::format("Could not override '{}'.\nDid you mean to override {}{}?", key,
                          candidates.size() > 1 ? "one of " : "", join(candidates, ", "));
    }
    if (choice.holder.empty()) text += "\nTo append to your default list use " + choice.text;
    fail_at(choice.entry.place, text);
  }
  for (const auto& [key, deletion] : deleted_)
    if (!deletion.used)
      fail_at(deletion.place, fmt::format("Could not delete '{}{}'. No match in the defaults list", key,
                                          deletion.option ? "=" + *deletion.option : ""));
}

}  // namespace lx::config
