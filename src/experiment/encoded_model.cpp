#include "experiment/encoded_model.h"

#include "attention/stack.h"
#include "base/error.h"
#include "config/compose.h"

#include <algorithm>
#include <optional>

namespace lx {
namespace {

struct EncodedModelParts {
  static std::vector<fs::path> folders(const ConfigRequest& request) {
    return request.search_path.empty() ? std::vector{project_folder() / "configs"} : request.search_path;
  }

  static EncodedModel build(const ConfigRequest& request, const config::Node& variant) {
    EncodedModel built{make_run_config(request).config, nullptr, {}};
    const ModelContext context{.vocabulary = 256, .trained_length = built.config.length};
    built.model = build_model(built.config.model, built.config.encoding, variant, context,
                              Random(static_cast<uint64_t>(built.config.seed)).fork("model"));
    built.stacks = stacks_of(*built.model);
    return built;
  }

  static bool about_model(const std::string& word) {
    const std::string key = word.substr(std::min(word.find_first_not_of('+'), word.size()));
    return key.starts_with("model=") || key.starts_with("model.");
  }
};

}  // namespace

std::vector<std::string> ready_encodings(const ConfigRequest& request) {
  return config::options(EncodedModelParts::folders(request), "encoding");
}

fs::path config_file(const ConfigRequest& request, const std::string& group, const std::string& name) {
  for (const fs::path& folder : EncodedModelParts::folders(request)) {
    const fs::path file = folder / group / (name + ".yaml");
    if (fs::exists(file)) return file;
  }
  fail("there is no {}/{}.yaml", group, name);
}

EncodedModel encoded_model(const ConfigRequest& request, const config::Node& variant) {
  std::optional<DoesNotApply> refusal;
  try {
    return EncodedModelParts::build(request, variant);
  } catch (const DoesNotApply& why) {
    refusal = why;
  }
  const auto& words = request.overrides;
  if (std::any_of(words.begin(), words.end(), [](const std::string& word) { return word.starts_with("model="); }))
    throw *refusal;
  ConfigRequest other = request;
  std::erase_if(other.overrides, EncodedModelParts::about_model);
  other.overrides.emplace_back();
  for (const std::string& model : config::options(EncodedModelParts::folders(request), "model")) {
    other.overrides.back() = "model=" + model;
    try {
      return EncodedModelParts::build(other, variant);
    } catch (const Error&) {  // not in this one either
    }
  }
  throw *refusal;
}

}  // namespace lx
