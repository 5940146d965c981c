// One override as typed on the command line: change, add, force-add or delete a key, or choose an option of a group.
#pragma once

#include "config/element.h"
#include "config/node.h"

#include <optional>
#include <string>
#include <vector>

namespace lx::config {

struct Override {
  enum class Kind { change, add, force_add, remove, extend };  // k=v, +k=v, ++k=v, ~k, k=extend_list(a,b)
  Kind kind = Kind::change;
  std::string key;                     // "train.steps", or a group "train/optimizer"
  std::optional<std::string> package;  // behind '@'
  bool has_value = false;              // false only for ~k
  std::vector<Element> values;         // one value; several are the simple sweep k=a,b
  std::string text;                    // as typed
  Place place;                         // "override 'k=v'"

  std::string key_with_package() const { return package ? key + "@" + *package : key; }
  bool is_sweep() const;
  /// The value for a single run (null when there is none; the list of what extend_list adds). A sweep throws what Hydra
  /// says of one without --multirun.
  Node value() const;
};

/// Hydra's override grammar. A mistake throws Error that shows the text with a caret under the spot. `place`: where the
/// text stands when it was not typed but comes out of a file.
Override parse_override(const std::string& text, const Place& place = {});

}  // namespace lx::config
