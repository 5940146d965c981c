// What may come next on a command line.
#pragma once

#include "complete/command_line.h"
#include "complete/vocabulary.h"

#include <string>
#include <vector>

namespace lx {

struct Completion {
  std::string text;     // the whole word
  bool goes_on = true;  // no blank behind it: more of the word follows
};

/// Sorted, each beginning with what is typed. Never throws for what is on the line; a configuration that cannot be
/// composed offers no keys.
std::vector<Completion> complete(const HalfTyped& typed, const Vocabulary& vocabulary);

}  // namespace lx
