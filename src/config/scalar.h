// What a piece of plain text means: the typing rules of YAML files, of command lines, and how Python prints a value.
#pragma once

#include "config/node.h"

#include <optional>
#include <string>
#include <string_view>

namespace lx::config {

/// A plain (unquoted) YAML scalar as PyYAML and OmegaConf type it (YAML 1.1: yes/no/on/off, 0777, 0x1F, 1_000, 1:30,
/// 1e-3, .inf); text that is none of these is a string. An integer beyond 64 bits throws Error with `place`.
Node yaml_scalar(std::string_view text, const Place& place);
/// Would a YAML reader take this plain text for something else than a string?
bool yaml_retypes(std::string_view text);

/// An unquoted element of the override grammar: 10, -1_000, 1e-3, inf, nan, true, null in any case; all else a string.
Node element_scalar(std::string_view text, const Place& place);

/// Number of the whole text as Python's int() and float() read it ("250", "1_000", "1e-3", "inf"); empty when it is not
/// one.
std::optional<int64_t> python_int(std::string_view text);
std::optional<double> python_float(std::string_view text);

/// As Python's str() prints it: None, True, 1e-05, [1, 'a'], {'b': 2.0}; a string prints bare.
std::string python_text(const Node& node);

}  // namespace lx::config
