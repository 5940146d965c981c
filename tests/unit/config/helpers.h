// Shared by the tests of src/config: messages of errors, nodes from short YAML, and throw-away folders of configs.
#pragma once

#include "base/error.h"
#include "base/files.h"
#include "catch.h"
#include "config/compose.h"
#include "config/yaml.h"

#include <fstream>
#include <functional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace lx::config {

inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline Node yaml(const std::string& text) { return parse_yaml(text, "t.yaml"); }

using Files = std::vector<std::pair<std::string, std::string>>;  // name without ".yaml", and text

/// A small laboratory: a primary config with three groups, one of them nested.
inline Files laboratory() {
  return {{"run", "defaults:\n- model: small\n- position: rope\n- train: short\n- _self_\nseed: 1\n"},
          {"model/small", "width: 64\nlayers: 2\n"},
          {"model/large", "width: 512\nlayers: 8\n"},
          {"position/rope", "base: 10000\nkind: rope\n"},
          {"position/alibi", "kind: alibi\n"},
          {"train/short", "defaults:\n- optim: adam\nsteps: 10\n"},
          {"train/long", "defaults:\n- optim: adam\nsteps: 1000\n"},
          {"train/optim/adam", "name: adam\nlr: 0.1\n"},
          {"train/optim/sgd", "name: sgd\n"}};
}

inline Files with(Files files, const Files& more) {
  files.insert(files.end(), more.begin(), more.end());
  return files;
}

/// A folder of configs, removed at the end of the test.
class ConfigFolder {
 public:
  explicit ConfigFolder(const Files& files) {
    static int count = 0;
    path_ = fs::temp_directory_path() / ("lx-test-config-" + std::to_string(getpid()) + "-" + std::to_string(count++));
    for (const auto& [name, text] : files) add(name, text);
  }
  ~ConfigFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ConfigFolder(const ConfigFolder&) = delete;
  ConfigFolder& operator=(const ConfigFolder&) = delete;

  void add(const std::string& name, const std::string& text) const {
    const fs::path path = path_ / (name + ".yaml");
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  const fs::path& path() const { return path_; }

  Composition run(const std::vector<std::string>& overrides = {}, const std::string& primary = "run") const {
    return compose({{path_}, primary, overrides});
  }
  std::string error(const std::vector<std::string>& overrides = {}) const {
    return error_of([&] { run(overrides); });
  }
  /// What composing yields, as one line of JSON.
  std::string json(const std::vector<std::string>& overrides = {}) const { return to_json(run(overrides).config); }

 private:
  fs::path path_;
};

}  // namespace lx::config
