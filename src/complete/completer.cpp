#include "complete/completer.h"

#include "base/error.h"
#include "base/text.h"
#include "complete/override_candidates.h"
#include "config/config_files.h"
#include "config/experiment_file.h"
#include "config/override.h"
#include "config/yaml.h"

#include <algorithm>
#include <map>
#include <optional>

namespace lx {
namespace {

/// The runs below the project's results, newest first.
std::vector<fs::path> runs_by_age() {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  for (const auto& experiment : fs::directory_iterator(project_folder() / "results", error)) {
    for (const auto& run : fs::directory_iterator(experiment.path(), error)) {
      const auto time = fs::last_write_time(run.path() / "config.yaml", error);
      if (!error) found.emplace_back(time, run.path());
    }
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<fs::path> runs;
  for (const auto& [time, path] : found) runs.push_back(path);
  return runs;
}

class Completer {
 public:
  Completer(const HalfTyped& typed, const Vocabulary& vocabulary) : typed_(typed), vocabulary_(vocabulary) {}

  std::vector<Completion> all() {
    if (typed_.words.empty()) {
      for (const VocabularyCommand& command : vocabulary_.commands) offer(command.name);
      offer("--help");
      offer("--version");
    } else if (const VocabularyCommand* command = vocabulary_.command(typed_.words.front())) {
      read(*command);
      if (pending_)
        argument(*pending_, "");
      else if (typed_.current.starts_with("-"))
        flags(*command);
      else
        words(*command);
    }
    std::vector<Completion> found;
    for (const auto& [text, goes_on] : found_) found.push_back({text, goes_on});
    return found;
  }

 private:
  const HalfTyped& typed_;
  const Vocabulary& vocabulary_;
  std::map<std::string, bool> found_;
  std::vector<std::string> plain_;  // words that are no flags
  std::map<std::string, std::string> given_;
  const VocabularyFlag* pending_ = nullptr;

  void offer(const std::string& text, bool goes_on = false) {
    if (text.starts_with(typed_.current)) found_.emplace(text, goes_on);
  }

  static const VocabularyFlag* find_flag(const VocabularyCommand& command, const std::string& word) {
    for (const VocabularyFlag& flag : command.flags)
      if (word == "--" + flag.name || (!flag.short_name.empty() && word == "-" + flag.short_name)) return &flag;
    return nullptr;
  }

  void read(const VocabularyCommand& command) {
    for (size_t i = 1; i < typed_.words.size(); ++i) {
      const std::string& word = typed_.words[i];
      if (word.size() < 2 || word[0] != '-') {
        plain_.push_back(word);
        continue;
      }
      const size_t equals = word.find('=');
      const VocabularyFlag* flag = find_flag(command, word.substr(0, equals));
      if (!flag) continue;
      const bool waits = !flag->argument.empty() && equals == std::string::npos;
      if (waits && i + 1 == typed_.words.size()) pending_ = flag;
      const bool optional = flag->argument.starts_with("[");
      given_[flag->name] = equals != std::string::npos       ? word.substr(equals + 1)
                           : waits && !pending_ && !optional ? typed_.words[++i]
                                                             : "";
    }
  }

  void flags(const VocabularyCommand& command) {
    const size_t equals = typed_.current.find('=');
    if (equals != std::string::npos) {
      if (const VocabularyFlag* flag = find_flag(command, typed_.current.substr(0, equals)))
        argument(*flag, typed_.current.substr(0, equals + 1));
      return;
    }
    for (const VocabularyFlag& flag : command.flags) {
      if (typed_.current.starts_with("--") || typed_.current == "-") offer("--" + flag.name);
      if (!typed_.current.starts_with("--") && !flag.short_name.empty()) offer("-" + flag.short_name);
    }
  }

  void argument(const VocabularyFlag& flag, const std::string& before) {
    std::string choices = flag.argument;
    if (choices.starts_with("[")) choices = choices.substr(1, choices.size() - 2);
    if (choices.find('|') != std::string::npos)
      for (const std::string& value : split(choices, '|')) offer(before + value, value.ends_with('='));
    if (flag.name == "config-name")
      for (const std::string& name : config::options(request().search_path, "")) offer(before + name);
    if (flag.argument == "DIR") paths(before, false);
  }

  void words(const VocabularyCommand& command) {
    if (plain_.empty())
      for (const std::string& verb : command.verbs) offer(verb);
    const std::string verb = plain_.empty() ? "" : plain_.front();
    if (command.takes_run && plain_.empty()) return runs(command);
    if (command.takes_kind) return kinds();
    const bool after_verb = std::find(command.verbs.begin(), command.verbs.end(), verb) != command.verbs.end();
    if (after_verb && verb == "keys") return legal_keys();
    if (after_verb && verb == "schema") return groups();
    if (after_verb && command.name == "data" && plain_.size() == 1)
      for (const std::string& name : config::options(request().search_path, "data")) offer(name);
    if (!command.takes_overrides) return;
    overrides(command);
    if (!typed_.current.empty() && typed_.current.find('=') == std::string::npos) paths("", true);
  }

  /// Where configurations lie, and what else the line asks for.
  config::ComposeRequest request() const {
    config::ComposeRequest request;
    const auto path = given_.find("config-path"), more = given_.find("config-dir"), name = given_.find("config-name");
    request.search_path.push_back(path == given_.end() ? project_folder() / "configs" : fs::path(path->second));
    if (more != given_.end()) request.search_path.emplace_back(more->second);
    request.config_name = name == given_.end() ? "run" : name->second;
    for (const std::string& word : plain_) {
      try {
        if (config::is_experiment_file(word))
          config::add_experiment_file(request, word);
        else if (!config::parse_override(word).is_sweep())
          request.overrides.push_back(word);
      } catch (const Error&) {  // a verb, a slip: the rest still says what may follow
      }
    }
    return request;
  }

  void overrides(const VocabularyCommand& command) {
    OverrideContext context{.request = request(), .stored = {}, .multirun = given_.contains("multirun")};
    if (command.takes_run && !plain_.empty() && plain_.front().find('=') == std::string::npos)
      context.stored = stored_configuration(plain_.front());
    for (const Completion& one : override_candidates(typed_.current, context, vocabulary_))
      found_.emplace(one.text, one.goes_on);
  }

  static std::optional<config::Node> stored_configuration(const std::string& run) {
    fs::path folder = run;
    if (!fs::exists(folder / "config.yaml")) {
      const auto all = runs_by_age();
      const auto found = std::find_if(all.begin(), all.end(), [&](const fs::path& path) {
        return run == "last" || path.filename().string().starts_with(run);
      });
      if (found == all.end()) return std::nullopt;
      folder = *found;
    }
    return config::load_yaml(folder / "config.yaml");
  }

  void runs(const VocabularyCommand& command) {
    offer("last");
    for (const fs::path& run : runs_by_age()) offer(run.filename().string());
    if (!typed_.current.empty()) paths("", true);
    if (command.takes_overrides) overrides(command);
  }

  void kinds() {
    if (plain_.empty())
      for (const auto& [kind, names] : vocabulary_.kinds) offer(kind);
    if (plain_.size() != 1) return;
    for (const auto& [kind, names] : vocabulary_.kinds)
      if (plain_.front() == kind || plain_.front() == kind + "s")
        for (const std::string& name : names) offer(name);
  }

  void legal_keys() {
    for (const VocabularyKey& key : vocabulary_.keys) {
      if (!key.path.starts_with(typed_.current)) continue;
      const size_t dot = key.path.find('.', typed_.current.size());
      offer(key.path.substr(0, dot == std::string::npos ? dot : dot + 1), dot != std::string::npos || key.section);
    }
  }

  void groups() {
    for (const std::string& group : config::ConfigFiles(request().search_path).groups()) offer(group);
  }

  /// Folders, and YAML files when they are asked for; those of the project can be named from everywhere.
  void paths(const std::string& before, bool files) {
    const std::string typed = typed_.current.substr(before.size());
    const size_t slash = typed.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : typed.substr(0, slash + 1);
    for (const fs::path& root : {fs::current_path(), project_folder()}) {
      std::error_code error;
      for (const auto& entry : fs::directory_iterator(root / folder, error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with('.')) continue;
        if (entry.is_directory(error))
          offer(before + folder + name + "/", true);
        else if (files && name.ends_with(".yaml"))
          offer(before + folder + name);
      }
      if (!folder.empty() && folder.front() == '/') return;
    }
  }
};

}  // namespace

const VocabularyCommand* Vocabulary::command(const std::string& name) const {
  for (const VocabularyCommand& one : commands)
    if (one.name == name) return &one;
  return nullptr;
}

std::vector<Completion> complete(const HalfTyped& typed, const Vocabulary& vocabulary) {
  return Completer(typed, vocabulary).all();
}

}  // namespace lx
