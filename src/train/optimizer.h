// Rules that turn gradients into steps. One file a rule; the registry is their interface.
#pragma once

#include "base/registry.h"
#include "config/fields.h"
#include "train/parameters.h"

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace lx {

/// Holds what a rule remembers between steps. Gradients lie in `Parameters`; the rule never changes them.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// The learning rate that the schedule scales.
  virtual double peak_rate() const = 0;
  /// One update of all parameters with learning rate `rate`, from `scale` times the gradients (clipping).
  void step(double rate, double scale = 1);
  /// Called instead of step() when the gradient is not finite and the run goes on.
  virtual void skip() {}

  /// All that must be saved to go on bit for bit: moments by parameter ("exp_avg.layers.0.weight") and the number of
  /// steps taken ("steps"). These are views: what is copied into them is restored.
  NamedTensors state() const;

 protected:
  explicit Optimizer(Parameters& parameters);
  /// A buffer of zeros beside each group's values, saved under `name`.
  const std::vector<Tensor>& remember(const std::string& name);
  virtual void update(const ParameterGroup& group, size_t index, double rate,
                      double scale) = 0;  // without gradient recording

  Parameters& parameters_;
  int64_t steps() const;  // the one being taken included

 private:
  std::list<std::pair<std::string, std::vector<Tensor>>> memory_;  // a list: references into it are given out
  Tensor steps_;                                                   // scalar int64
};

struct OptimizerEntry {
  std::string summary;
  std::function<std::unique_ptr<Optimizer>(const config::Node& settings, const std::string& path, Parameters&)> make;
  std::function<std::vector<config::KeyHelp>()> help;
  std::string source;  // paper or post; may be empty
  /// Reads the settings strictly, without making anything.
  std::function<void(const config::Node& settings, const std::string& path)> check = {};
};

Registry<OptimizerEntry>& optimizers();

/// `node`: {name: adamw, lr: …}; `path` is where it stands, for messages ("train.optimizer"). Throws Error as read().
std::unique_ptr<Optimizer> make_optimizer(const config::Node& node, const std::string& path, Parameters& parameters);

template <class Rule>  // Rule: an Optimizer with a Config that has fields(), made from (Config, Parameters&)
struct RegisterOptimizer {
  RegisterOptimizer(const char* name, const char* summary, const char* source = "") {
    optimizers().add(name, {summary,
                            [](const config::Node& settings, const std::string& path, Parameters& parameters) {
                              auto config = config::read<typename Rule::Config>(settings, path);
                              return std::unique_ptr<Optimizer>(std::make_unique<Rule>(std::move(config), parameters));
                            },
                            [] { return config::help<typename Rule::Config>(); }, source,
                            [](const config::Node& settings, const std::string& path) {
                              (void)config::read<typename Rule::Config>(settings, path);
                            }});
  }
};

}  // namespace lx

/// REGISTER_OPTIMIZER(Type, name, summary) or, with a paper or post behind it, (Type, name, summary, source).
#define REGISTER_OPTIMIZER(Type, ...) \
  [[maybe_unused]] const ::lx::RegisterOptimizer<Type> register_##Type { __VA_ARGS__ }
