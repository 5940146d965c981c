#include "app/config_flags.h"

#include "base/error.h"

namespace lx {

namespace {

const std::vector<Flag> kConfigFlags{
    {"config-name", "cn", "NAME", "the primary configuration (run)"},
    {"config-path", "cp", "DIR", "use DIR instead of the project's configs/"},
    {"config-dir", "cd", "DIR", "look in DIR as well"},
};

}  // namespace

std::vector<Flag> with_config_flags(std::vector<Flag> flags) {
  flags.insert(flags.end(), kConfigFlags.begin(), kConfigFlags.end());
  return flags;
}

ConfigRequest config_request(const Arguments& arguments) {
  ConfigRequest request;
  const auto folder = [](const std::string& path) {
    require(fs::is_directory(path), "there is no folder {}", path);
    return fs::absolute(path).lexically_normal();
  };
  request.search_path.push_back(arguments.has("config-path") ? folder(*arguments.get("config-path"))
                                                             : project_folder() / "configs");
  if (arguments.has("config-dir")) request.search_path.push_back(folder(*arguments.get("config-dir")));
  if (arguments.has("config-name")) {
    std::string name = *arguments.get("config-name");
    if (name.ends_with(".yaml")) name.resize(name.size() - 5);
    request.config_name = name;
  }
  request.overrides = arguments.words;
  return request;
}

}  // namespace lx
