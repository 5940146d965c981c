#include "config/experiment_file.h"

#include "base/error.h"

#include <algorithm>
#include <cctype>

namespace lx::config {

bool is_experiment_file(const std::string& word) {
  return (word.ends_with(".yaml") || word.ends_with(".yml")) && word.find('=') == std::string::npos;
}

void add_experiment_file(ComposeRequest& request, const std::string& word) {
  fs::path path = fs::absolute(word).lexically_normal();
  if (!fs::exists(path) && fs::path(word).is_relative()) path = (project_folder() / word).lexically_normal();
  require(fs::is_regular_file(path), "there is no experiment file {}", word);
  require(path.extension() == ".yaml", "{}: experiment files end in .yaml", word);
  const fs::path folder = path.parent_path();
  require(folder.has_parent_path() && folder != folder.root_path(), "{}: put the experiment file into a folder", word);
  for (const std::string& name : {folder.filename().string(), path.stem().string()}) {
    const bool plain =
        !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) &&
        std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
    require(plain,
            "{}: the names of an experiment file and of its folder are letters, digits, _ and -, and begin with a "
            "letter; '{}' is not",
            word, name);
  }
  request.search_path.push_back(folder.parent_path());
  request.overrides.push_back("+" + folder.filename().string() + "@_global_=" + path.stem().string());
}

}  // namespace lx::config
