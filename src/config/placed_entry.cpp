#include "config/placed_entry.h"

#include <algorithm>

namespace lx::config {

namespace {

struct PathParts {
  static std::string dotted(std::string path) {
    std::replace(path.begin(), path.end(), '/', '.');
    return path;
  }
  static std::string folder(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }
  static std::string relative(const std::string& path) { return path.starts_with('/') ? path.substr(1) : path; }
  static std::string below(const std::string& base, const std::string& path) {
    return base.empty() ? path : path.empty() ? base : base + "/" + path;
  }

  // "_global_" makes what follows it absolute.
  static std::string join_packages(const std::string& parent, const std::string& package) {
    const std::string joined = parent.empty() ? package : package.empty() ? parent : parent + "." + package;
    const size_t global = joined.rfind("_global_");
    if (global == std::string::npos) return joined;
    const size_t after = global + std::string_view("_global_").size();
    return after < joined.size() ? joined.substr(after + 1) : "";
  }
};

}  // namespace

std::string PlacedEntry::group_path() const {
  const std::string& path = entry.is_group() ? entry.group : entry.path;
  const std::string relative = PathParts::relative(path);
  const std::string group = entry.is_group() ? relative : PathParts::folder(relative);
  return entry.appended || path.starts_with('/') ? group : PathParts::below(base_folder, group);
}

std::string PlacedEntry::config_path() const {
  if (entry.is_group()) return group_path() + "/" + entry.option.value_or("null");
  if (entry.appended || entry.path.starts_with('/')) return PathParts::relative(entry.path);
  return PathParts::below(base_folder, entry.path);
}

std::string PlacedEntry::final_package(bool with_header) const {
  const std::string parent_part = entry.appended ? "" : parent_package;
  if (entry.package) return PathParts::join_packages(parent_part, *entry.package);
  if (with_header && header) return PathParts::join_packages("", *header);  // a header is always absolute
  const std::string relative = PathParts::relative(entry.is_group() ? entry.group : entry.path);
  return PathParts::join_packages(parent_part,
                                  PathParts::dotted(entry.is_group() ? relative : PathParts::folder(relative)));
}

std::string PlacedEntry::override_key() const {
  const std::string package = final_package(false);
  const std::string group = group_path();
  if (package == PathParts::dotted(group)) return group;
  return group + "@" + (package.empty() ? "_global_" : package);
}

bool PlacedEntry::is_interpolated() const {
  return (entry.option && entry.option->find("${") != std::string::npos) || entry.path.find("${") != std::string::npos;
}

bool PlacedEntry::is_missing() const {
  return entry.is_group() ? entry.option == "???" : entry.path == "???" || entry.path.ends_with("/???");
}

PlacedEntry PlacedEntry::child(const DefaultEntry& child_entry, const std::string& name) const {
  PlacedEntry out;
  out.entry = child_entry;
  out.parent = name;
  out.base_folder = group_path();
  out.parent_package = final_package();
  return out;
}

}  // namespace lx::config
