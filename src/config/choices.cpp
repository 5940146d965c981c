// Bookkeeping of chosen options, after the rules of Hydra's defaults list; see choices.h.
#include "config/choices.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>

namespace lx::config {

namespace {

struct ChoiceValue {
  static std::string_view python_type(const Node& node) { return node.is_null() ? "NoneType" : node.kind_name(); }

  // The option or options that a command line gives to a group.
  static void put(DefaultEntry& entry, const Node& value) {
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
};

}  // namespace

Choices::Choices(const std::vector<Override>& overrides) {
  for (const Override& override : overrides) {
    const std::string key = override.key_with_package();
    const Node value = override.value();
    if (override.kind == Override::Kind::remove) {
      if (!value.is_null() && !value.is_string())
        fail_at(override.place,
                fmt::format("Config group override deletion value must be a string : {}", override.text));
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
    ChoiceValue::put(entry, value);
    if (override.kind == Override::Kind::add) {
      entry.appended = true;
      appended_.push_back(entry);
    } else {
      chosen_[key] = {entry, "", "+" + override.text, false};
    }
  }
}

void Choices::add(const PlacedEntry& overriding) {
  chosen_.try_emplace(overriding.override_key(), Choice{overriding.entry, overriding.parent, "", false});
}

std::set<std::string> Choices::keys() const {
  std::set<std::string> keys;
  for (const auto& [key, choice] : chosen_) keys.insert(key);
  return keys;
}

void Choices::apply(PlacedEntry& item, const std::set<std::string>* eligible) {
  if (!item.entry.is_group()) return;
  const std::string key = item.override_key();
  auto found = chosen_.find(key);
  std::string prefix;
  if (found == chosen_.end()) {
    // "foo=bar/baz" for the entry foo/bar.
    const std::string group = item.group_path();
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos || key != group) return;
    found = chosen_.find(group.substr(0, slash));
    prefix = group.substr(slash + 1) + "/";
    if (found == chosen_.end() || !found->second.holder.empty() || !found->second.entry.option ||
        !found->second.entry.option->starts_with(prefix))
      return;
  }
  if (eligible && !eligible->contains(found->first)) return;
  Choice& choice = found->second;
  choice.used = true;
  item.entry.option = choice.entry.option;
  if (item.entry.option) item.entry.option->erase(0, prefix.size());
  item.entry.options = choice.entry.options;
  item.chosen_at = choice.entry.place;
  item.chosen_in = choice.holder;
}

bool Choices::take_deletion(const PlacedEntry& item) {
  const auto found = deleted_.find(item.entry.is_group() ? item.override_key() : item.config_path());
  if (found == deleted_.end()) return false;
  if (found->second.option && (!item.entry.is_group() || found->second.option != item.entry.option)) return false;
  found->second.used = true;
  return true;
}

void Choices::note(const PlacedEntry& item) {
  const std::string key = item.override_key();
  by_group_[item.group_path()].insert(key);
  if (item.entry.options) return;  // the options of a list are configs of their own: two lists of one group may stand
  const std::string value = item.entry.shown_value();
  const auto [known, fresh] = known_.try_emplace(key, value);
  if (!fresh && known->second != value)
    fail_at(item.origin(),
            fmt::format("Multiple values for {}. To override a value use 'override {}: {}'", key, key, known->second));
  if (!fresh && value != "null")
    fail_at(item.origin(), fmt::format("{} appears more than once in the final defaults list", key));
}

bool Choices::interpolate(PlacedEntry& item) const {
  const std::string whole = item.entry.is_group() ? *item.entry.option : item.entry.path;
  std::string out;
  size_t at = 0;
  while (true) {
    const size_t open = whole.find("${", at);
    out += whole.substr(at, open == std::string::npos ? open : open - at);
    if (open == std::string::npos) break;
    const size_t close = whole.find('}', open);
    if (close == std::string::npos) return false;
    const auto found = known_.find(std::string(trim(whole.substr(open + 2, close - open - 2))));
    if (found == known_.end() || found->second == "null") return false;
    out += found->second;
    at = close + 1;
  }
  (item.entry.is_group() ? *item.entry.option : item.entry.path) = out;
  if (item.entry.is_group()) normalize_option(item.entry);
  return true;
}

void Choices::fail_interpolation(const PlacedEntry& item) const {
  const std::string whole = item.entry.is_group() ? *item.entry.option : item.entry.path;
  std::vector<std::string> keys;
  for (const auto& [name, option] : known_)
    if (option != "null" && !name.starts_with("hydra/")) keys.push_back(name);
  std::string hint;
  for (size_t open = whole.find("${"); open != std::string::npos && hint.empty(); open = whole.find("${", open + 1)) {
    const std::string key(trim(whole.substr(open + 2, whole.find('}', open) - open - 2)));
    if (!known_.contains(key)) hint = did_you_mean(key, keys);
  }
  fail_at(item.origin(), fmt::format("In '{}': Error resolving interpolation '{}'{}{}{}", item.parent, whole,
                                     keys.empty() ? "" : ", possible interpolation keys: ", join(keys, ", "), hint));
}

void Choices::fail_unused(const std::string& key, const Choice& choice) const {
  std::vector<std::string> keys;
  for (const auto& [name, option] : known_) keys.push_back(name);
  const auto same_group = by_group_.find(split(key, '@')[0]);
  std::string text = choice.holder.empty() ? "" : fmt::format("In '{}': ", choice.holder);
  if (same_group == by_group_.end()) {
    text += fmt::format("Could not override '{}'. No match in the defaults list.", key);
    if (const std::string hint = did_you_mean(key, keys); !hint.empty()) text += " D" + hint.substr(3);
  } else if (!choice.holder.empty() && same_group->second.contains(key)) {
    text +=
        fmt::format("Invalid Defaults List override '{}: {}'.\nNo earlier Group Default for '{}' exists to override.",
                    key, choice.entry.shown_value(), key);
  } else {
    const std::vector<std::string> candidates(same_group->second.begin(), same_group->second.end());
    text += fmt::format("Could not override '{}'.\nDid you mean to override {}{}?", key,
                        candidates.size() > 1 ? "one of " : "", join(candidates, ", "));
  }
  if (choice.holder.empty()) text += "\nTo append to your default list use " + choice.text;
  fail_at(choice.entry.place, text);
}

void Choices::check_all_used() const {
  for (const auto& [key, choice] : chosen_)
    if (!choice.used) fail_unused(key, choice);
  for (const auto& [key, deletion] : deleted_)
    if (!deletion.used)
      fail_at(deletion.place, fmt::format("Could not delete '{}{}'. No match in the defaults list", key,
                                          deletion.option ? "=" + *deletion.option : ""));
}

}  // namespace lx::config
