// --help and --hydra-help: the templates of hydra.help and hydra.hydra_help, filled in.
#include "app/run_inspect.h"
#include "base/text.h"
#include "config/config_files.h"
#include "config/hydra_builtin.h"
#include "config/scalar.h"

namespace lx {
namespace {

struct HelpTemplate {
  /// "encoding: alibi, rope", one group a line.
  static std::string groups(const config::Composition& composition, bool of_hydra) {
    config::ConfigFiles files(folders(composition));
    std::string text;
    for (const std::string& group : of_hydra ? config::builtin_groups() : files.groups()) {
      const bool hydra = group == "hydra" || group.starts_with("hydra/");
      if (hydra != of_hydra || group == "hydra") continue;
      const auto options = of_hydra ? config::builtin_options(group) : files.options(group);
      if (!options.empty()) text += fmt::format("{}: {}\n", group, join(options, ", "));
    }
    return text;
  }

  static std::vector<fs::path> folders(const config::Composition& composition) {
    std::vector<fs::path> all;
    for (const config::Node& source : composition.hydra.find("runtime.config_sources")->list())
      if (source.find("schema")->string() == "file") all.emplace_back(source.find("path")->string());
    return all;
  }

  static void replace(std::string& text, const std::string& mark, const std::string& value) {
    for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
      text.replace(at, mark.size(), value);
  }

  static std::string trimmed(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }
};

std::string filled(std::string text, const config::Composition& composition, const std::string& flags,
                   const config::Node& configuration) {
  HelpTemplate::replace(text, "$FLAGS_HELP", HelpTemplate::trimmed(flags));
  HelpTemplate::replace(text, "$APP_CONFIG_GROUPS", HelpTemplate::trimmed(HelpTemplate::groups(composition, false)));
  HelpTemplate::replace(text, "$HYDRA_CONFIG_GROUPS", HelpTemplate::trimmed(HelpTemplate::groups(composition, true)));
  HelpTemplate::replace(text, "$CONFIG", HelpTemplate::trimmed(config::to_yaml(configuration)));
  return HelpTemplate::trimmed(std::move(text)) + "\n";
}

}  // namespace

std::string run_help(const Arguments& arguments, const ConfigRequest& request, const std::string& flags) {
  const config::Composition composition = compose_run_config(request).composition();
  const config::Node text = config::resolve_hydra(composition, "help.template");
  return filled(config::detail::to_string(text, "hydra.help.template"), composition, flags,
                arguments.has("resolve") ? config::resolve_config(composition) : composition.config);
}

std::string hydra_help(const ConfigRequest& request, const std::string& flags) {
  const config::Composition composition = compose_run_config(request).composition();
  const config::Node text = config::resolve_hydra(composition, "hydra_help.template");
  return filled(config::detail::to_string(text, "hydra.hydra_help.template"), composition, flags, composition.config);
}

}  // namespace lx
