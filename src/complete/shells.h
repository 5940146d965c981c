// The three shells: what each evaluates to complete lx, and how each wants to be answered.
#pragma once

#include "complete/completer.h"

#include <string>
#include <vector>

namespace lx {

const std::vector<std::string>& completion_shells();  // bash, zsh, fish

/// The script to evaluate. `program`: the path of lx-complete. Throws UsageError for another shell.
std::string completion_script(const std::string& shell, const std::string& program);
/// Undoes it.
std::string completion_removal(const std::string& shell);

/// Answers the shell that asks: $COMP_LINE up to $COMP_POINT, or `words` of which the last is half typed. One candidate
/// a line. Never throws, prints nothing when something is wrong.
std::string completion_answer(const std::string& shell, const std::vector<std::string>& words,
                              const Vocabulary& vocabulary);

}  // namespace lx
