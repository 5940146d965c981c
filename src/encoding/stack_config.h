// From YAML to a Stack: `[rope, key_norm, {rerope: {window: 64, when: test}}]`.
#pragma once

#include "attention/stack.h"
#include "base/error.h"
#include "config/node.h"

#include <string>

namespace lx {

/// Thrown for a modifier that is sound in itself but has no place in a given stack: it is there already, edits what the
/// stack lacks, or needs parameters that were not trained.
class DoesNotApply : public Error {
 public:
  using Error::Error;
};

/// Appends the modifiers listed in `list` (a list of names, or of one-key maps name -> settings and `when`). `path` is
/// the list's full key, for messages. Throws Error with the place for unknown names, bad settings and repeats.
void append_modifiers(std::vector<Stack::Item>& items, const config::Node& list, const Shape& shape,
                      const std::string& path);

}  // namespace lx
