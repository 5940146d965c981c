#include "encoding/company.h"

#include "config/yaml.h"
#include "encoding/stack_config.h"

namespace lx {

std::string in_company(const std::string& entry, const Shape& shape) {
  std::vector<Stack::Item> alone;
  append_modifiers(alone, *config::parse_yaml("stack: [" + entry + "]", entry).find("stack"), shape, "stack");
  const Traits traits = alone.front().modifier->traits();
  const Questions questions = alone.front().questions;
  if (traits.gives_turning || traits.looks_ahead) return "[" + entry + "]";
  if (traits.needs_bias) return "[rope, alibi, " + entry + "]";
  if (traits.needs_turning) return "[rope, " + entry + "]";
  // What says where tokens stand comes before what maps or turns those places.
  if (questions.place && (traits.moves_tokens || traits.on_a_grid)) return "[" + entry + ", rope]";
  return "[rope, " + entry + "]";
}

}  // namespace lx
