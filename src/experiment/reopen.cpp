#include "experiment/reopen.h"

#include "base/error.h"
#include "base/text.h"
#include "config/apply_override.h"
#include "config/interpolate.h"
#include "config/yaml.h"

#include <algorithm>
#include <utility>

namespace lx {
namespace {

/// "eval.split, eval.variants and runtime.*"
std::string in_words(std::vector<std::string> beginnings) {
  for (std::string& beginning : beginnings) {
    if (beginning.ends_with('.')) beginning += '*';
  }
  const std::string last = beginnings.back();
  beginnings.pop_back();
  return beginnings.empty() ? last : join(beginnings, ", ") + " and " + last;
}

}  // namespace

config::Node reopen_configuration(const RunFolder& folder, const std::vector<std::string>& overrides,
                                  const std::vector<std::string>& allowed, const std::string& purpose) {
  config::Node configuration = config::load_yaml(folder.config());
  for (const std::string& text : overrides) {
    const config::Override change = config::parse_override(text);
    const bool fits = std::any_of(allowed.begin(), allowed.end(),
                                  [&](const std::string& beginning) { return change.key.starts_with(beginning); });
    require(fits, "override '{}': {} may change {}; train anew with `lx run` for the rest", text, purpose,
            in_words(allowed));
    config::apply_override(configuration, change, {});
  }
  return config::resolve(configuration);
}

Checkpoint newest_checkpoint(const RunFolder& folder) {
  auto checkpoint = find_last(folder.checkpoints());
  require(checkpoint.has_value(), "{} has no whole checkpoint: train it with `lx run`", shown(folder.path));
  return std::move(*checkpoint);
}

}  // namespace lx
