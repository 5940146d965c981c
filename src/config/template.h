// A text with ${...} in it, taken apart but not yet evaluated.
#pragma once

#include "config/node.h"

#include <string>
#include <string_view>
#include <vector>

namespace lx::config {

struct TemplateArgument;

/// A run of plain text, a reference ${a.b}, or a call ${name:argument,...}.
struct TemplatePart {
  enum class Kind { text, reference, call };
  Kind kind = Kind::text;
  std::string text;                         // of plain text
  std::vector<TemplatePart> head;           // the key or the name, itself a template: ${model.${pick}}
  std::vector<TemplateArgument> arguments;  // of a call
};

using Template = std::vector<TemplatePart>;

struct TemplateArgument {
  enum class Kind { scalar, text, list, dict };
  Kind kind = Kind::scalar;
  Node scalar;                          // typed
  Template text;                        // to be evaluated to a string, or to a typed value when it is one bare ${...}
  bool quoted = false;                  // quoted text is always a string
  std::vector<TemplateArgument> items;  // of a list; the values of a dict
  std::vector<std::string> names;       // the keys of a dict
};

/// Errors carry the place and show the text with a caret.
Template parse_template(const std::string& text, const Place& place);
/// One element by the same rules as an argument: "12", "[1, a]", "{k: ${x}}". For oc.decode.
TemplateArgument parse_template_element(const std::string& text, const Place& place);
/// The keys of a reference without its leading dots: "a.b[c].0" is a, b, c, 0. Empty ones are kept: none is ever found.
/// Brackets that do not match throw Error with `place`.
std::vector<std::string> reference_keys(std::string_view reference, const Place& place = {});

}  // namespace lx::config
