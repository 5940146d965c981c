#include "app/arguments.h"

#include "base/error.h"
#include "base/text.h"

namespace lx {

namespace {

/// Of "[all|config]".
bool is_one_of(const std::string& choices, const std::string& word) {
  for (const std::string& choice : split(choices.substr(1, choices.size() - 2), '|'))
    if (choice == word) return true;
  return false;
}

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& words, const std::vector<Flag>& known,
                          const std::string& command) {
  Arguments parsed;
  bool only_words = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    // "-" alone and overrides like "a=-1" are words; "-1" cannot be an override and is a flag someone got wrong.
    if (only_words || word.size() < 2 || word[0] != '-') {
      parsed.words.push_back(word);
      continue;
    }
    if (word == "--") {
      only_words = true;
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const Flag* flag = nullptr;
    std::vector<std::string> names;
    for (const Flag& candidate : known) {
      names.push_back("--" + candidate.name);
      if (name == "--" + candidate.name || (!candidate.short_name.empty() && name == "-" + candidate.short_name))
        flag = &candidate;
    }
    if (!flag)
      throw UsageError(fmt::format("unknown flag {}{} (see lx {} --help)", name, did_you_mean(name, names), command));
    std::string value;
    if (flag->argument.empty()) {
      if (equals != std::string::npos) throw UsageError(fmt::format("the flag {} takes no value", name));
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (flag->argument.starts_with("[")) {
      const bool given = i + 1 < words.size() && is_one_of(flag->argument, words[i + 1]);
      if (given) value = words[++i];
    } else {
      if (i + 1 >= words.size())
        throw UsageError(fmt::format("the flag {} needs a value: {} {}", name, name, flag->argument));
      value = words[++i];
    }
    if (flag->argument.starts_with("[") && !value.empty() && !is_one_of(flag->argument, value))
      throw UsageError(fmt::format("the flag {} takes {}, got '{}'", name, flag->argument, value));
    parsed.flags[flag->name] = value;
    parsed.given.emplace_back(flag->name, value);
  }
  return parsed;
}

}  // namespace lx
