// The value side of Hydra's override grammar as a tree: typed scalars, quoted text, lists, dicts and function calls.
#pragma once

#include "config/node.h"

#include <string>
#include <vector>

namespace lx::config {

struct Element {
  enum class Kind { scalar, list, dict, call };
  Kind kind = Kind::scalar;
  Node scalar;                     // the typed value of a scalar
  char quote = '\0';               // ' or " when the scalar was written quoted
  std::vector<Element> items;      // of a list; the values of a dict; the arguments of a call
  std::vector<std::string> names;  // the keys of a dict; the names of arguments, "" when positional
  std::string function;            // of a call: choice, range, int, sort, ... (element_call.cpp has them all)
  size_t column = 0;               // where it starts in the text, from 0
};

/// Parses `text` from `start` to its end as `element (, element)*`: one element, or the simple sweep `a,b`. Empty text
/// is one empty string. Mistakes throw Error: `place`, what was expected, and the text with a caret under the spot.
std::vector<Element> parse_elements(const std::string& text, size_t start, const Place& place);

/// Does this stand for several values (choice, range, glob, ..., also inside a cast), to be run one by one?
bool is_sweep(const Element& element);

/// The value of an element that is no sweep: casts, sort and shuffle of lists are applied. Every node gets `place`.
Node element_value(const Element& element, const Place& place);

/// The text of an element without calls, as Hydra prints the overrides of a job: True, null, 1e-05, {a:1,b:x}, a\ b;
/// quoted text keeps its quotes. Text that would read back as something else without quotes gets them.
std::string element_text(const Element& element);

/// What is wrong with a call (unknown function, arguments that do not suit it), or "".
std::string call_problem(const Element& call);

}  // namespace lx::config
