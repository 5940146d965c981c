// A half-typed command line, taken apart as a shell would.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lx {

struct HalfTyped {
  std::vector<std::string> words;  // before the current one, the program's name left out, quotes removed
  std::string current;             // what is typed of the word to complete; may be empty
  bool quoted = false;             // it began with a quote that is still open
};

/// `line` up to the cursor; words before the program's name (A=1, env) are left out.
HalfTyped take_apart(std::string_view line);

}  // namespace lx
