// AdamW: adaptive moments with decay decoupled from the gradient (Loshchilov & Hutter 2019), as PyTorch computes it.
#include "train/flat_steps.h"
#include "train/optimizer.h"

#include <cmath>

namespace lx {
namespace {

class AdamW final : public Optimizer {
 public:
  struct Config {
    double lr = 2e-3;
    std::vector<double> betas{0.9, 0.95};
    double eps = 1e-8;
    double weight_decay = 0.1;
    static constexpr auto fields() {
      return std::tuple{
          config::field("lr", &Config::lr, "peak learning rate", config::positive()),
          config::field("betas", &Config::betas, "decay of the two moments", config::fraction()),
          config::field("eps", &Config::eps, "added to the root of the second moment", config::not_negative()),
          config::field("weight_decay", &Config::weight_decay, "decoupled decay, times the learning rate",
                        config::not_negative())};
    }
  };

  AdamW(Config config, Parameters& parameters)
      : Optimizer(parameters),
        config_(std::move(config)),
        first_(remember("exp_avg")),
        second_(remember("exp_avg_sq")) {
    require(config_.betas.size() == 2, "train.optimizer.betas must be two numbers, got {}", config_.betas.size());
  }

  double peak_rate() const override { return config_.lr; }

 private:
  void update(const ParameterGroup& group, size_t index, double rate, double scale) override {
    const double b1 = config_.betas[0], b2 = config_.betas[1];
    const auto count = static_cast<double>(steps());
    const double correction1 = 1 - std::pow(b1, count), correction2 = 1 - std::pow(b2, count);
    adamw_step(group.values, group.gradients, first_[index], second_[index],
               {.scale = scale,
                .keep = group.decay ? 1 - rate * config_.weight_decay : 1,
                .beta1 = b1,
                .beta2 = b2,
                .root = std::sqrt(correction2),
                .eps = config_.eps,
                .rate = rate / correction1});
  }

  Config config_;
  const std::vector<Tensor>&first_, &second_;
};

REGISTER_OPTIMIZER(AdamW, "adamw", "adaptive moments with decoupled weight decay", "Loshchilov 2017, arXiv 1711.05101");

}  // namespace
}  // namespace lx
