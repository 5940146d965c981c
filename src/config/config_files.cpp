// Finding and reading the files of a search path; see config_files.h.
#include "config/config_files.h"

#include "base/error.h"
#include "base/text.h"
#include "config/compose.h"
#include "config/hydra_builtin.h"
#include "config/yaml.h"

#include <algorithm>
#include <set>

namespace lx::config {

namespace {

// The package named by "# @package P" on the first lines. Hydra looks at 512 characters and lets only blank lines stand
// before it; a header further down would be ignored there, so it is refused here.
std::optional<std::string> package_header(const std::string& text, const std::string& source) {
  const auto name = std::make_shared<const std::string>(source);
  bool first = true;
  int line_number = 0;
  std::optional<std::string> found;
  for (const std::string& line : split(std::string_view(text).substr(0, 512), '\n')) {
    ++line_number;
    const std::string_view body = trim(line);
    if (body.empty()) continue;
    if (body[0] != '#') break;
    const std::string_view comment = trim(body.substr(1));
    if (comment.starts_with("@package") && (comment.size() == 8 || comment[8] == ' ' || comment[8] == '\t')) {
      const Place place{name, line_number, 1};
      if (!first)
        fail_at(place, "the header '# @package' must be the first line of the file; here it would have no effect");
      const std::string_view package = trim(comment.substr(8));
      if (package.empty()) fail_at(place, "the header '# @package' names no package");
      if (package.find_first_of(" \t") != std::string_view::npos)
        fail_at(place, fmt::format("Too many components in '{}': a header names one package", body));
      found = std::string(package);
    }
    first = false;
  }
  return found;
}

bool safe_relative(const std::string& name) {
  if (name.empty() || name.front() == '/' || name.find('\0') != std::string::npos) return false;
  for (const std::string& part : split(name, '/'))
    if (part.empty() || part == "..") return false;
  return true;
}

}  // namespace

void ConfigFiles::add_folders(const std::vector<fs::path>& folders) {
  search_path_.insert(search_path_.end(), folders.begin(), folders.end());
}

const ConfigFile* ConfigFiles::load(const std::string& asked) {
  const std::string name = asked.ends_with(".yaml") ? asked.substr(0, asked.size() - 5) : asked;
  if (const auto found = loaded_.find(name); found != loaded_.end()) return found->second.get();
  if (!safe_relative(name)) return nullptr;
  if (const std::string* text = builtin_config(name)) return read(name, *text, "the built-in " + name);
  std::error_code ignored;
  for (const fs::path& folder : search_path_) {
    const fs::path path = folder / (name + ".yaml");
    const fs::path other = folder / (name + ".yml");
    require(fs::is_regular_file(path, ignored) || !fs::is_regular_file(other, ignored),
            "{}: configurations end in .yaml; rename the file", shown(other));
    if (fs::is_regular_file(path, ignored)) return read(name, read_file(path), shown(path));
  }
  return nullptr;
}

const ConfigFile* ConfigFiles::read(const std::string& name, const std::string& text, const std::string& source) {
  auto file = std::make_unique<ConfigFile>();
  file->package = package_header(text, source);
  file->content = parse_yaml(text, source);
  if (!file->content.is_map())
    fail_at(file->content.place, fmt::format("a config must be a dict, got a {}", file->content.kind_name()));
  if (const Node* defaults = file->content.map().find("defaults")) {
    file->defaults = read_defaults(*defaults, name);
    file->content.map().erase("defaults");
  }
  return (loaded_[name] = std::move(file)).get();
}

bool ConfigFiles::has_group(const std::string& group) const {
  std::error_code ignored;
  const std::vector<std::string> builtin = builtin_groups();
  if (std::find(builtin.begin(), builtin.end(), group) != builtin.end()) return true;
  return safe_relative(group) && std::any_of(search_path_.begin(), search_path_.end(), [&](const fs::path& folder) {
           return fs::is_directory(folder / group, ignored);
         });
}

bool ConfigFiles::has_config(const std::string& name) const {
  std::error_code ignored;
  if (builtin_config(name)) return true;
  return safe_relative(name) && std::any_of(search_path_.begin(), search_path_.end(), [&](const fs::path& folder) {
           return fs::is_regular_file(folder / (name + ".yaml"), ignored);
         });
}

std::vector<std::string> ConfigFiles::options(const std::string& group) const {
  std::error_code ignored;
  if (!group.empty() && !safe_relative(group)) return {};
  const std::vector<std::string> builtin = builtin_options(group);
  std::set<std::string> found(builtin.begin(), builtin.end());
  for (const fs::path& folder : search_path_)
    for (const auto& entry : fs::directory_iterator(folder / group, ignored))
      if (entry.path().extension() == ".yaml" && entry.is_regular_file(ignored))
        found.insert(entry.path().stem().string());
  return {found.begin(), found.end()};
}

std::vector<std::string> ConfigFiles::groups() const {
  std::set<std::string> found;
  std::error_code ignored;
  for (const fs::path& folder : search_path_)
    for (const auto& entry : fs::recursive_directory_iterator(folder, ignored))
      if (entry.is_directory(ignored)) found.insert(entry.path().lexically_relative(folder).generic_string());
  return {found.begin(), found.end()};
}

std::string ConfigFiles::described() const {
  std::string text = "Config search path:";
  for (const fs::path& folder : search_path_) text += "\n\t" + shown(folder);
  return text;
}

std::vector<std::string> options(const std::vector<fs::path>& search_path, const std::string& group) {
  return ConfigFiles(search_path).options(group);
}

}  // namespace lx::config
