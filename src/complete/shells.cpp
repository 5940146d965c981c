#include "complete/shells.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#include <cstdlib>
#include <exception>

namespace lx {
namespace {

constexpr const char* kBash = R"(_lx_complete() {
  local IFS=$'\n'
  COMPREPLY=($(COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" LX_WORD_BREAKS="$COMP_WORDBREAKS" PROGRAM query=bash 2>/dev/null))
}
complete -o nospace -o default -F _lx_complete lx
)";

constexpr const char* kZsh = R"(_lx_complete() {
  local -a found
  found=("${(@f)$(PROGRAM query=zsh "${(@Q)words[1,CURRENT]}" 2>/dev/null)}")
  [[ -n "$found" ]] && compadd -U -Q -S '' -- $found || _files
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _lx_complete lx
)";

constexpr const char* kFish = R"(function __lx_complete
  PROGRAM query=fish (commandline -opc) (commandline -ct) 2>/dev/null
end
complete -c lx -e
complete -c lx -f -a '(__lx_complete)'
)";

struct ShellAnswer {
  static std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
  }

  static HalfTyped asked(const std::vector<std::string>& words) {
    if (!words.empty()) {
      HalfTyped typed;
      typed.words.assign(words.begin() + 1, words.size() > 1 ? words.end() - 1 : words.end());
      typed.current = words.size() > 1 ? words.back() : "";
      return typed;
    }
    const std::string line = variable("COMP_LINE"), point = variable("COMP_POINT");
    size_t end = line.size();
    if (!point.empty() && point.find_first_not_of("0123456789") == std::string::npos && point.size() < 9)
      end = std::min<size_t>(end, std::stoul(point));
    return take_apart(std::string_view(line).substr(0, end));
  }

  /// Readline replaces only what stands behind the last character that breaks words (= and :, usually).
  static size_t kept_by_bash(const HalfTyped& typed) {
    if (typed.quoted) return 0;
    std::string breaks = variable("LX_WORD_BREAKS");
    if (breaks.empty()) breaks = " \t\n\"'@><=;|&(:";
    const size_t last = typed.current.find_last_of(breaks);
    return last == std::string::npos ? 0 : last + 1;
  }
};

std::string with_program(std::string script, const std::string& program) {
  std::string quoted = "'";
  for (const char c : program) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  const std::string mark = "PROGRAM";
  script.replace(script.find(mark), mark.size(), quoted + "'");
  return script;
}

}  // namespace

const std::vector<std::string>& completion_shells() {
  static const std::vector<std::string> all{"bash", "zsh", "fish"};
  return all;
}

std::string completion_script(const std::string& shell, const std::string& program) {
  if (shell == "bash") return with_program(kBash, program);
  if (shell == "zsh") return with_program(kZsh, program);
  if (shell == "fish") return with_program(kFish, program);
  throw UsageError(fmt::format("lx completes in {}, not in '{}'", join(completion_shells(), ", "), shell));
}

std::string completion_removal(const std::string& shell) {
  if (shell == "bash") return "complete -r lx\nunset -f _lx_complete\n";
  if (shell == "zsh") return "compdef -d lx\nunfunction _lx_complete\n";
  if (shell == "fish") return "complete -c lx -e\nfunctions -e __lx_complete\n";
  throw UsageError(fmt::format("lx completes in {}, not in '{}'", join(completion_shells(), ", "), shell));
}

std::string completion_answer(const std::string& shell, const std::vector<std::string>& words,
                              const Vocabulary& vocabulary) {
  log::silence();
  try {
    const HalfTyped typed = ShellAnswer::asked(words);
    const size_t kept = shell == "bash" ? ShellAnswer::kept_by_bash(typed) : 0;
    std::string answer;
    for (const Completion& one : complete(typed, vocabulary)) {
      answer += one.text.substr(std::min(kept, one.text.size()));
      // fish looks at the last character itself.
      answer += one.goes_on || shell == "fish" ? "\n" : " \n";
    }
    return answer;
  } catch (const std::exception&) {
    return "";
  }
}

}  // namespace lx
