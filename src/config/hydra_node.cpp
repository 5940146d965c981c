#include "config/hydra_node.h"

#include "base/build_info.h"
#include "base/error.h"
#include "base/log.h"
#include "config/interpolate.h"
#include "config/scalar.h"

#include <cstdlib>

namespace lx::config {

namespace {

struct HydraFill {
  // "file://DIR" or "DIR", relative to the current folder.
  static std::optional<fs::path> folder(const Node& entry, const std::string& provider) {
    if (!entry.is_string())
      fail_at(entry.place, fmt::format("hydra.searchpath must be a list of strings. Got: {}", python_text(entry)));
    std::string text = entry.string();
    const size_t scheme = text.find("://");
    if (scheme != std::string::npos && !text.starts_with("file://"))
      fail_at(entry.place, fmt::format("hydra.searchpath: '{}' is not a folder; write file://DIR", text));
    if (scheme != std::string::npos) text.erase(0, scheme + 3);
    const fs::path path = fs::absolute(text).lexically_normal();
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return path;
    log::warning("{}provider={}, path={} is not available.", entry.place.prefix(), provider, path.string());
    return std::nullopt;
  }

  static List sources(const std::vector<fs::path>& search_path, size_t given) {
    List all;
    const auto add = [&](const std::string& path, const char* schema, const char* provider) {
      Map source;
      source["path"] = Node(path);
      source["schema"] = Node(schema);
      source["provider"] = Node(provider);
      all.push_back(Node(std::move(source)));
    };
    add("", "builtin", "hydra");
    for (size_t i = 0; i < search_path.size(); ++i)
      add(fs::absolute(search_path[i]).lexically_normal().string(), "file",
          i == 0      ? "main"
          : i < given ? "command-line"
                      : "hydra.searchpath");
    return all;
  }

  static void copy_environment(Node& root) {
    const Node* copied = root.find("hydra.job.env_copy");
    if (!copied || copied->is_null()) return;
    const Node names = resolve_part(root, "hydra.job.env_copy");
    for (const Node& name : names.list()) {
      const char* value = std::getenv(name.string().c_str());
      if (!value)
        fail_at(name.place, fmt::format("hydra.job.env_copy: the environment variable '{}' is not set", name.string()));
      root.find("hydra.job.env_set")->map()[name.string()] = Node(value);
    }
  }
};

}  // namespace

std::vector<fs::path> hydra_searchpath(ConfigFiles& files, const std::string& primary,
                                       const std::vector<Override>& overrides) {
  const ConfigFile* file = files.load(primary);
  Node holder = file ? file->content : Node(Map());
  std::string provider = "hydra.searchpath in main";
  for (const Override& override : overrides) {
    if (override.kind != Override::Kind::change || override.key != "hydra.searchpath" || override.package) continue;
    holder.set("hydra.searchpath", override.value());
    provider = "hydra.searchpath in command-line";
    break;
  }
  const Node* found = holder.find("hydra.searchpath");
  if (!found || found->is_null()) return {};
  const Node list = resolve_part(holder, "hydra.searchpath");
  if (!list.is_list())
    fail_at(list.place, fmt::format("hydra.searchpath must be a list of strings. Got: {}", python_text(list)));
  std::vector<fs::path> folders;
  for (const Node& entry : list.list())
    if (auto folder = HydraFill::folder(entry, provider)) folders.push_back(std::move(*folder));
  return folders;
}

bool is_hydra_override(const Override& override) {
  return override.key.starts_with("hydra.") || override.key.starts_with("hydra/");
}

bool is_hydra_override(const std::string& text) { return is_hydra_override(parse_override(text)); }

void check_job_settings(const Composition& sweep, const Composition& job) {
  for (const std::string part : {"launcher", "sweeper"}) {
    const Node* before = sweep.hydra.find("runtime.choices")->map().find("hydra/" + part);
    const Node* after = job.hydra.find("runtime.choices")->map().find("hydra/" + part);
    const auto shown = [](const Node* choice) { return choice ? python_text(*choice) : "None"; };
    require(shown(before) == shown(after),
            "'hydra/{}' must be selected before the sweep starts, but a swept job config changed it from '{}' to '{}'. "
            "Select it in the primary config or from the command line.",
            part, shown(before), shown(after));
    require(*sweep.hydra.find(part) == *job.hydra.find(part),
            "'hydra.{}' must be configured before the sweep starts, but a swept job config changed it. Configure it in "
            "the primary config or from the command line.",
            part);
  }
}

void fill_hydra(Node& root, const ComposeRequest& request, const std::string& primary,
                const std::vector<Override>& overrides, const std::map<std::string, Node>& choices,
                const std::vector<fs::path>& search_path) {
  Node& hydra = *root.find("hydra");
  for (const Override& override : overrides) {
    // A dollar in an override is text here, not a reference: it is resolved where the override took it.
    hydra.find(is_hydra_override(override) ? "overrides.hydra" : "overrides.task")
        ->list()
        .push_back(Node(override.text));
  }
  for (const auto& [key, option] : choices) hydra.find("runtime.choices")->map()[key] = option;
  hydra.set("runtime.version", Node(std::string(build_info::version())));
  hydra.set("runtime.cwd", Node(fs::current_path().string()));
  hydra.set("runtime.config_sources", Node(HydraFill::sources(search_path, request.search_path.size())));
  if (hydra.find("job.name")->is_missing()) hydra.set("job.name", Node(request.job_name));
  hydra.set("job.config_name", Node(primary));
  if (request.job_num) {
    hydra.set("job.num", Node(*request.job_num));
    hydra.set("job.id", Node(request.job_id.empty() ? std::to_string(*request.job_num) : request.job_id));
  }
  HydraFill::copy_environment(root);
}

}  // namespace lx::config
