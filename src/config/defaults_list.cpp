// The defaults tree, after Hydra's own algorithm: the entries of a list are visited last to first, so that overrides
// in a later file are known before an earlier file is expanded; the results are joined first to last.
#include "config/defaults_list.h"

#include "base/log.h"
#include "base/text.h"
#include "config/defaults_errors.h"

#include <algorithm>

namespace lx::config {

namespace {

class TreeWalk {
 public:
  TreeWalk(ConfigFiles& files, const std::vector<Override>& overrides, bool multirun)
      : files_(files), choices_(overrides), multirun_(multirun) {}

  DefaultsList run(const std::string& primary) {
    DefaultsList out;
    for (const std::string& name : {std::string("hydra/config"), primary}) {
      DefaultsNode node;
      node.item.entry.path = name;
      node.item.parent = "<root>";
      node.item.primary = out.tree.size() == 1;
      out.tree.push_back(std::move(node));
    }
    // The primary config first: its `override hydra/...` lines must be known before hydra/config is expanded.
    for (const size_t i : {1, 0}) expand(out.tree[i], false, nullptr);
    bool found = true;
    while (found) found = expand_deferred(out.tree[0]) || expand_deferred(out.tree[1]);
    for (const DefaultsNode& root : out.tree) fail_deferred(root);
    choices_.check_all_used();
    for (const DefaultsNode& root : out.tree) collect(root, nullptr, out.steps);
    out.choices = std::move(shown_choices_);
    return out;
  }

 private:
  using Eligible = const std::set<std::string>*;
  ConfigFiles& files_;
  Choices choices_;
  bool multirun_;
  std::map<std::string, Node> shown_choices_;
  std::vector<std::string> open_;  // the configs being expanded, outermost first

  void expand(DefaultsNode& node, bool interpolated, Eligible eligible) {
    PlacedEntry& item = node.item;
    if (choices_.take_deletion(item)) {
      node.deleted = true;
      return;
    }
    if (item.entry.is_group()) {
      choices_.note(item);
      shown_choices_[item.override_key()] = item.entry.option ? Node(*item.entry.option) : Node();
      if (!item.entry.option) return;
    }
    if (item.is_missing()) {
      if (!multirun_) fail_must_specify(files_, item);
      return;
    }
    const std::string name = item.config_path();
    const ConfigFile* file = files_.load(name);
    if (!file && item.entry.optional) {
      node.deleted = true;
      return;
    }
    if (!file) fail_not_found(files_, item);
    item.header = file->package;
    if (std::find(open_.begin(), open_.end(), name) != open_.end())
      fail_at(item.entry.place, fmt::format("In '{}': the defaults lists form a circle: {} -> {}", item.parent,
                                            join(open_, " -> "), name));
    open_.push_back(name);
    expand_list(node, name, *file, interpolated, eligible);
    open_.pop_back();
  }

  void expand_list(DefaultsNode& node, const std::string& name, const ConfigFile& file, bool interpolated,
                   Eligible eligible) {
    const PlacedEntry& item = node.item;
    std::vector<DefaultEntry> entries = file.defaults;
    const bool appends = item.primary && !choices_.appended().empty();
    if (entries.empty() && !appends) return;
    add_self(entries, item, name, file, appends);
    if (appends) entries.insert(entries.end(), choices_.appended().begin(), choices_.appended().end());
    for (const DefaultEntry& entry : entries) check_paths(entry, name);
    check_overrides(entries, item, name, interpolated);

    std::vector<std::vector<DefaultsNode>> parts(entries.size());
    for (size_t i = entries.size(); i-- > 0;) {
      DefaultsNode child;
      child.item = item.child(entries[i], name);
      if (entries[i].overriding) {
        choices_.add(child.item);
        continue;
      }
      if (entries[i].is_self()) {
        child.item.base_folder = item.base_folder;
        parts[i].push_back(std::move(child));
        continue;
      }
      choices_.apply(child.item, eligible);
      check_paths(child.item.entry, name);
      if (child.item.entry.options) {
        parts[i] = expand_options(child.item, interpolated, eligible);
        continue;
      }
      if (child.item.is_interpolated())
        child.eligible = eligible ? *eligible : choices_.keys();
      else
        expand(child, interpolated, eligible);
      parts[i].push_back(std::move(child));
    }
    for (auto& part : parts)
      for (DefaultsNode& child : part) node.children.push_back(std::move(child));
  }

  std::vector<DefaultsNode> expand_options(const PlacedEntry& list, bool interpolated, Eligible eligible) {
    if (choices_.take_deletion(list)) return {};
    choices_.note(list);
    List shown;
    for (const std::string& option : *list.entry.options) shown.push_back(Node(option));
    shown_choices_[list.override_key()] = Node(shown);
    std::vector<DefaultsNode> nodes(shown.size());
    for (size_t i = nodes.size(); i-- > 0;) {
      nodes[i].item = list;
      nodes[i].item.entry.path = list.entry.group + "/" + (*list.entry.options)[i];
      nodes[i].item.option_group = list.group_path();
      nodes[i].item.entry.group.clear();
      nodes[i].item.entry.options.reset();
      expand(nodes[i], interpolated, eligible);
    }
    return nodes;
  }

  // Interpolated entries come last: only then are the choices known that they refer to. One at a time, as one may
  // bring the choice that another refers to.
  bool expand_deferred(DefaultsNode& node) {
    for (DefaultsNode& child : node.children) {
      if (!child.item.is_interpolated()) {
        if (expand_deferred(child)) return true;
        continue;
      }
      PlacedEntry resolved = child.item;
      if (child.deleted || !choices_.interpolate(resolved)) continue;
      check_paths(resolved.entry, resolved.parent);
      child.item = std::move(resolved);
      const std::set<std::string> eligible = child.eligible;
      expand(child, true, &eligible);
      return true;
    }
    return false;
  }

  void fail_deferred(const DefaultsNode& node) const {
    for (const DefaultsNode& child : node.children) {
      if (child.item.is_interpolated() && !child.deleted) choices_.fail_interpolation(child.item);
      fail_deferred(child);
    }
  }

  void collect(const DefaultsNode& node, const DefaultsNode* parent, std::vector<MergeStep>& steps) const {
    const PlacedEntry& item = node.item;
    if (node.deleted || item.is_missing() || (item.entry.is_group() && !item.entry.option)) return;
    if (item.entry.is_self())
      steps.push_back({parent->item.config_path(), parent->item.final_package(), parent->item.parent, true});
    else if (node.children.empty())
      steps.push_back({item.config_path(), item.final_package(), item.parent, false});
    for (const DefaultsNode& child : node.children) collect(child, &node, steps);
  }

  // Without _self_ a file comes after its defaults, so that it wins.
  static void add_self(std::vector<DefaultEntry>& entries, const PlacedEntry& item, const std::string& name,
                       const ConfigFile& file, bool appends) {
    const auto is_self = [](const DefaultEntry& e) { return e.is_self(); };
    const auto selves = std::count_if(entries.begin(), entries.end(), is_self);
    if (selves > 1)
      fail_at(std::find_if(entries.rbegin(), entries.rend(), is_self)->place,
              fmt::format("Duplicate _self_ defined in {}", name));
    if (selves == 1) return;
    const bool plain = std::any_of(entries.begin(), entries.end(), [](const DefaultEntry& e) { return !e.overriding; });
    if (item.primary && plain && !file.content.map().empty())
      log::warning("In '{}': Defaults list is missing `_self_`; the content of the file is merged last", name);
    if (!plain && !appends) return;  // a list of `override` lines only: the file has no children
    DefaultEntry self;
    self.path = "_self_";
    entries.push_back(self);
  }

  // `override` lines stand last in their list; below an interpolated group there are none.
  void check_overrides(const std::vector<DefaultEntry>& entries, const PlacedEntry& item, const std::string& name,
                       bool interpolated) {
    const DefaultEntry* last = nullptr;
    std::set<std::string> seen;
    for (const DefaultEntry& entry : entries) {
      if (entry.is_self() || entry.appended) continue;
      const PlacedEntry child = item.child(entry, name);
      if (!entry.overriding) {
        if (last) fail_override_order(item.child(*last, name), child, name);
        continue;
      }
      last = &entry;
      const std::string key = child.override_key();
      if (interpolated)
        fail_at(entry.place,
                fmt::format("{}: Default List Overrides are not allowed in the subtree\nof an interpolated config "
                            "group (override {}={}).",
                            name, key, entry.shown_value()));
      if (!seen.insert(key).second)
        log::warning("{}In '{}': '{}' is overridden twice in one defaults list; the last one counts",
                     entry.place.prefix(), name, key);
    }
  }
};

}  // namespace

DefaultsList build_defaults_list(ConfigFiles& files, const std::string& primary, const std::vector<Override>& overrides,
                                 bool multirun) {
  std::vector<Override> choices, values;
  for (const Override& override : overrides) {
    if (override.is_sweep() && multirun) continue;
    const bool dict = override.values.size() == 1 && override.values[0].kind == Element::Kind::dict;
    const bool removes = override.kind == Override::Kind::remove;
    const bool config = removes && !override.package && files.has_config(override.key);
    if (config && !files.has_group(override.key) && override.has_value)
      fail_at(override.place, fmt::format("Config path deletion does not support a value : {}", override.text));
    const bool group = files.has_group(override.key) && (!dict || removes);
    (group || config ? choices : values).push_back(override);
  }
  DefaultsList list = TreeWalk(files, choices, multirun).run(primary);
  list.value_overrides = std::move(values);
  return list;
}

}  // namespace lx::config
