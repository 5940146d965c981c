// Lion: the sign of an interpolated momentum (Chen et al. 2023, arXiv 2302.06675, algorithm 2). The paper advises a
// learning rate 3 to 10 times smaller than AdamW's and a decay as many times larger.
#include "train/flat_steps.h"
#include "train/optimizer.h"

namespace lx {
namespace {

class Lion final : public Optimizer {
 public:
  struct Config {
    double lr = 3e-4;
    std::vector<double> betas{0.9, 0.99};
    double weight_decay = 0.5;
    static constexpr auto fields() {
      return std::tuple{config::field("lr", &Config::lr, "peak learning rate", config::positive()),
                        config::field("betas", &Config::betas, "of the step's interpolation, and of the momentum kept",
                                      config::fraction()),
                        config::field("weight_decay", &Config::weight_decay, "decoupled decay, times the learning rate",
                                      config::not_negative())};
    }
  };

  Lion(Config config, Parameters& parameters)
      : Optimizer(parameters), config_(std::move(config)), momentum_(remember("exp_avg")) {
    require(config_.betas.size() == 2, "train.optimizer.betas must be two numbers, got {}", config_.betas.size());
  }

  double peak_rate() const override { return config_.lr; }

 private:
  void update(const ParameterGroup& group, size_t index, double rate, double scale) override {
    lion_step(group.values, group.gradients, momentum_[index],
              {.scale = scale,
               .keep = group.decay ? 1 - rate * config_.weight_decay : 1,
               .beta1 = config_.betas[0],
               .beta2 = config_.betas[1],
               .rate = rate});
  }

  Config config_;
  const std::vector<Tensor>& momentum_;
};

REGISTER_OPTIMIZER(Lion, "lion", "sign of an interpolated momentum", "Chen 2023, arXiv 2302.06675");

}  // namespace
}  // namespace lx
