#include "app/completion_command.h"

#include "app/catalogue.h"
#include "app/legal_keys.h"
#include "base/error.h"
#include "base/text.h"
#include "complete/shells.h"
#include "config/yaml.h"

#include <algorithm>
#include <cstdio>

namespace lx {
namespace {

struct WordsOfLx {
  /// "keys" and "schema" of "lx config [KEY=VALUE ...] | keys [PREFIX] | schema [GROUP]".
  static std::vector<std::string> verbs(const Command& command) {
    std::vector<std::string> all;
    std::string usage = command.usage.substr(("lx " + command.name).size());
    for (const std::string& form : split(usage, '|')) {
      const std::string first = split(std::string(trim(form)), ' ').front();
      const bool word =
          !first.empty() && std::all_of(first.begin(), first.end(), [](unsigned char c) { return std::islower(c); });
      if (word) all.push_back(first);
    }
    return all;
  }

  static VocabularyCommand command(const Command& command) {
    VocabularyCommand one;
    one.name = command.name;
    for (const Flag& flag : command.flags) one.flags.push_back({flag.name, flag.short_name, flag.argument});
    one.flags.push_back({"help", "h", ""});
    one.verbs = verbs(command);
    one.takes_run = command.usage.find(" RUN") != std::string::npos || command.usage.find("[RUN") != std::string::npos;
    one.takes_overrides = command.usage.find("KEY=VALUE") != std::string::npos ||
                          std::any_of(command.flags.begin(), command.flags.end(),
                                      [](const Flag& flag) { return flag.name == "config-name"; });
    one.takes_kind = command.usage.find("[KIND") != std::string::npos;
    return one;
  }

  static std::vector<std::string> values(const std::string& type) {
    std::string words = type;
    if (const size_t null = words.find(" or null"); null != std::string::npos) words.resize(null);
    if (words.find('|') == std::string::npos || words.find(' ') != std::string::npos) return {};
    return split(words, '|');
  }

  static Vocabulary all() {
    Vocabulary vocabulary;
    for (const Command& one : commands()) vocabulary.commands.push_back(command(one));
    for (const LegalKey& key : legal_keys()) {
      const bool section = key.help.type == "dict" && key.help.default_value.empty();
      vocabulary.keys.push_back({key.help.path, values(key.help.type), section});
    }
    for (const ChoosingKey& key : choosing_keys()) vocabulary.keys.push_back({key.path, key.names, false});
    for (const CatalogueSection& section : catalogue())
      for (const CatalogueEntry& entry : section.entries()) vocabulary.kinds[section.kind].push_back(entry.name);
    vocabulary.kinds["methods"] = {};
    return vocabulary;
  }
};

std::string small_program() { return (fs::read_symlink("/proc/self/exe").parent_path() / "lx-complete").string(); }

int completion_words(const Arguments& arguments) {
  if (arguments.words.size() != 1) throw UsageError("say for which shell: lx completion bash | zsh | fish");
  if (arguments.words.front() == "words") {
    fmt::print("{}\n", config::to_json(config::dump(WordsOfLx::all())));
    return 0;
  }
  fmt::print("{}", completion_script(arguments.words.front(), small_program()));
  return 0;
}

}  // namespace

int shell_completion(const std::string& what) {
  const size_t equals = what.find('=');
  const std::string verb = what.substr(0, equals);
  if (equals == std::string::npos || (verb != "install" && verb != "uninstall" && verb != "query"))
    throw UsageError(
        fmt::format("--shell-completion is install=SHELL, uninstall=SHELL or query=SHELL, got '{}'", what));
  const std::string shell = what.substr(equals + 1);
  if (verb == "install") fmt::print("{}", completion_script(shell, small_program()));
  if (verb == "uninstall") fmt::print("{}", completion_removal(shell));
  if (verb == "query") fmt::print("{}", completion_answer(shell, {}, WordsOfLx::all()));
  return 0;
}

Command completion_command() {
  return {"completion",
          "lx completion bash | zsh | fish",
          "print the script that makes Tab complete lx",
          "It completes commands, flags, groups and their options, keys and values, experiment files and runs.\n\n"
          "  eval \"$(lx completion bash)\"\n"
          "  lx completion bash > ~/.local/share/bash-completion/completions/lx\n"
          "  lx completion fish > ~/.config/fish/completions/lx.fish",
          {},
          completion_words};
}

}  // namespace lx
