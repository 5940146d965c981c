// From YAML to a Stack: `[rope, key_norm, {rerope: {window: 64, when: test}}]`.
#pragma once

#include "attention/stack.h"
#include "config/node.h"

#include <string>

namespace lx {

/// Appends the modifiers listed in `list` (a list of names, or of one-key maps name -> settings and `when`). `path` is
/// the list's full key, for messages. Throws Error with the place for unknown names and bad settings, DoesNotApply for
/// repeats.
void append_modifiers(std::vector<Stack::Item>& items, const config::Node& list, const Shape& shape,
                      const std::string& path);

/// Reads a list strictly, without making anything: names and settings. Throws Error that tells all mistakes. `variant`:
/// as apply_variant() takes it.
void check_modifiers(const config::Node& list, const std::string& path, bool variant);

/// What an evaluation variant does to a trained stack: as append_modifiers, and
///   {name: {..., replace: true}}   takes the place of the modifier of that name
///   ~name                          takes it out (its weights are loaded and unused)
/// Throws DoesNotApply for a modifier whose learned parameters the trained stack does not have.
void apply_variant(std::vector<Stack::Item>& items, const config::Node& list, const Shape& shape,
                   const std::string& path);

}  // namespace lx
