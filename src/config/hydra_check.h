// Is the `hydra` node of a configuration what it must be: known keys only, of the right types?
#pragma once

#include "config/node.h"
#include "config/override.h"

#include <map>
#include <string>

namespace lx::config {

/// Refuses unknown keys and wrong types in `hydra`, with the place where they were written, and turns numbers into
/// text where text is wanted, as Hydra does. Interpolations and `???` pass. `choices` say which launcher and sweeper.
/// `context` begins the message.
void check_hydra(Node& hydra, const std::map<std::string, Node>& choices, const std::string& context);

/// Refuses to delete what belongs to the hydra node itself; keys of its open dicts may go.
void check_hydra_deletion(const Override& override);

}  // namespace lx::config
