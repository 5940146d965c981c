// lx completion: Tab in bash, zsh and fish.
#pragma once

#include "app/commands.h"

namespace lx {

Command completion_command();

/// What Hydra's --shell-completion asks for: install=SHELL, uninstall=SHELL, query=SHELL.
int shell_completion(const std::string& what);

}  // namespace lx
