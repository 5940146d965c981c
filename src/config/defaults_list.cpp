// The defaults tree, after Hydra's own algorithm: the entries of a list are visited last to first, so that overrides
// in a later file are known before an earlier file is expanded; the results are joined first to last.
#include "config/defaults_list.h"

#include "base/log.h"
#include "base/text.h"
#include "config/choices.h"

#include <algorithm>

namespace lx::config {

namespace {

class TreeWalk {
 public:
  TreeWalk(ConfigFiles& files, const std::vector<Override>& overrides) : files_(files), choices_(overrides) {}

  DefaultsList run(const std::string& primary) {
    PlacedEntry root;
    root.entry.path = primary;
    root.entry.package = "";
    root.primary = true;
    DefaultsList out;
    out.steps = expand(root, false);
    choices_.check_all_used();
    out.choices = std::move(shown_choices_);
    return out;
  }

 private:
  using Steps = std::vector<MergeStep>;
  ConfigFiles& files_;
  Choices choices_;
  std::map<std::string, std::string> shown_choices_;
  std::vector<std::string> open_;  // the configs being expanded, outermost first

  Steps expand(PlacedEntry item, bool interpolated) {
    const DefaultEntry& entry = item.entry;
    if (entry.is_group()) {
      if (choices_.take_deletion(item)) return {};
      choices_.note(item);
      if (!entry.option) shown_choices_[item.override_key()] = "null";
      if (!entry.option) return {};
      if (*entry.option == "???") must_specify(item);
    }
    const std::string name = item.config_path();
    const ConfigFile* file = files_.load(name);
    if (!file && entry.optional) return {};
    if (!file) not_found(item);
    item.header = file->package;
    if (entry.is_group()) shown_choices_[item.override_key()] = *entry.option;
    if (std::find(open_.begin(), open_.end(), name) != open_.end())
      fail_at(entry.place, fmt::format("In '{}': the defaults lists form a circle: {} -> {}", item.parent,
                                       join(open_, " -> "), name));

    open_.push_back(name);
    Steps steps = expand_list(item, name, *file, interpolated);
    open_.pop_back();
    return steps;
  }

  Steps expand_list(const PlacedEntry& item, const std::string& name, const ConfigFile& file, bool interpolated) {
    const std::string package = item.final_package();
    std::vector<DefaultEntry> entries = file.defaults;
    add_self(entries, item, name, file);
    if (item.primary) entries.insert(entries.end(), choices_.appended().begin(), choices_.appended().end());
    collect_overrides(entries, item, name, interpolated);

    std::vector<Steps> parts(entries.size());
    std::vector<size_t> deferred;
    for (size_t i = entries.size(); i-- > 0;) {
      if (entries[i].overriding) continue;
      if (entries[i].is_self()) {
        parts[i] = {{name, package}};
        continue;
      }
      PlacedEntry child = item.child(entries[i], name);
      choices_.apply(child);
      if (child.entry.options)
        parts[i] = expand_options(child, interpolated);
      else if (child.is_interpolated())
        deferred.push_back(i), entries[i] = child.entry;
      else
        parts[i] = expand(child, interpolated);
    }
    for (const size_t i : deferred) {  // only now are the choices known that they refer to
      PlacedEntry child = item.child(entries[i], name);
      choices_.mark_origin(child);
      choices_.interpolate(child);
      parts[i] = expand(child, true);
    }
    Steps steps;
    for (Steps& part : parts) steps.insert(steps.end(), part.begin(), part.end());
    return steps;
  }

  Steps expand_options(const PlacedEntry& list, bool interpolated) {
    if (choices_.take_deletion(list)) return {};
    choices_.note(list);
    shown_choices_[list.override_key()] = list.entry.shown_value();
    std::vector<Steps> parts;
    for (size_t i = list.entry.options->size(); i-- > 0;) {
      PlacedEntry item = list;
      item.entry.path = list.entry.group + "/" + (*list.entry.options)[i];
      item.option_group = list.group_path();
      item.entry.group.clear();
      parts.push_back(expand(item, interpolated));
    }
    Steps steps;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part)
      steps.insert(steps.end(), part->begin(), part->end());
    return steps;
  }

  // Without _self_ a file comes after its defaults, so that it wins.
  static void add_self(std::vector<DefaultEntry>& entries, const PlacedEntry& item, const std::string& name,
                       const ConfigFile& file) {
    const auto selves =
        std::count_if(entries.begin(), entries.end(), [](const DefaultEntry& e) { return e.is_self(); });
    const bool plain = std::any_of(entries.begin(), entries.end(), [](const DefaultEntry& e) { return !e.overriding; });
    if (selves > 1) {
      const auto second =
          std::find_if(entries.rbegin(), entries.rend(), [](const DefaultEntry& e) { return e.is_self(); });
      fail_at(second->place, fmt::format("Duplicate _self_ defined in {}", name));
    }
    if (selves == 1) return;
    if (item.primary && plain && !file.content.map().empty())
      log::warning("In '{}': Defaults list is missing `_self_`; the content of the file is merged last", name);
    DefaultEntry self;
    self.path = "_self_";
    // `override` lines must stay last.
    const auto first_override =
        std::find_if(entries.begin(), entries.end(), [](const DefaultEntry& e) { return e.overriding; });
    entries.insert(first_override, self);
  }

  void collect_overrides(const std::vector<DefaultEntry>& entries, const PlacedEntry& item, const std::string& name,
                         bool interpolated) {
    const DefaultEntry* last = nullptr;
    std::vector<std::string> seen;
    for (const DefaultEntry& entry : entries) {
      if (entry.is_self() || entry.appended) continue;
      const PlacedEntry child = item.child(entry, name);
      if (!entry.overriding) {
        if (!last) continue;
        fail_at(
            last->place,
            fmt::format(
                "In {}: Override '{} : {}' is defined before '{}'. Overrides must be at the end of the defaults list",
                name, item.child(*last, name).override_key(), last->shown_value(),
                entry.is_group() ? child.override_key() + ": " + entry.shown_value() : entry.path));
      }
      last = &entry;
      const std::string key = child.override_key();
      if (interpolated)
        fail_at(
            entry.place,
            fmt::format(
                "{}: Default List Overrides are not allowed in the subtree of an interpolated config group ('{}={}')",
                name, key, entry.shown_value()));
      if (std::find(seen.begin(), seen.end(), key) != seen.end())
        fail_at(entry.place,
                fmt::format("In '{}': '{}' is overridden twice in one defaults list; keep one", name, key));
      seen.push_back(key);
      choices_.add(child);
    }
  }

  [[noreturn]] void must_specify(const PlacedEntry& item) const {
    const std::string key = item.override_key();
    std::string text = fmt::format("You must specify '{}', e.g, {}=<OPTION>\nAvailable options:", key, key);
    for (const std::string& option : files_.options(item.group_path())) text += "\n\t" + option;
    fail_at(item.origin(), text);
  }

  [[noreturn]] void not_found(const PlacedEntry& item) const {
    const std::string path = item.config_path();
    const std::string group = item.entry.is_group() ? item.group_path() : item.option_group;
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash);
    const auto known = files_.options(folder);
    const std::string hint = did_you_mean(path.substr(slash == std::string::npos ? 0 : slash + 1), known);
    if (item.primary)
      fail_at({}, fmt::format("Cannot find primary config '{}'{} Check that it's in your config search path.\n{}", path,
                              hint.empty() ? "." : hint, files_.described()));
    std::string text = fmt::format("In '{}': ", item.parent);
    if (group.empty()) {
      text += fmt::format("Could not load '{}'{}", path, hint.empty() ? "." : hint);
    } else {
      text += fmt::format("Could not find '{}'{}", path, hint);
      if (!known.empty()) text += fmt::format("\n\nAvailable options in '{}':", folder);
      for (const std::string& option : known) text += "\n\t" + option;
    }
    fail_at(item.origin(), text + "\n" + files_.described());
  }
};

}  // namespace

DefaultsList build_defaults_list(ConfigFiles& files, const std::string& primary, const std::vector<Override>& choices) {
  return TreeWalk(files, choices).run(primary);
}

}  // namespace lx::config
