// Tiger: the sign of the momentum, scaled by each matrix's own size as in LAMB (Su, kexue.fm 9512; bojone/tiger).
// The original accumulates gradients inside its momentum (beta on the first of k batches only, (1-beta)/k of each):
// that is the momentum of the mean gradient, so here the trainer accumulates and Tiger sees the mean.
#include "base/log.h"
#include "train/flat_steps.h"
#include "train/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace lx {
namespace {

class Tiger final : public Optimizer {
 public:
  struct Config {
    double lr = 1.76e-3;
    double beta = 0.965;
    double weight_decay = 0.01;
    double shrink = 0.99;
    double smallest_rms = 0;
    static constexpr auto fields() {
      return std::tuple{
          config::field("lr", &Config::lr, "peak relative step: a matrix moves by lr times its RMS",
                        config::positive()),
          config::field("beta", &Config::beta, "decay of the momentum; Su: 0.965 for language, 0.945 for vision",
                        config::fraction()),
          config::field("weight_decay", &Config::weight_decay, "decoupled decay, times the step",
                        config::not_negative()),
          config::field("shrink", &Config::shrink,
                        "a parameter whose gradient is not finite is drawn towards its neutral value by this factor",
                        config::between(0, 1)),
          config::field("smallest_rms", &Config::smallest_rms,
                        "smallest size a matrix (or embedding row) counts as; 0 is the published rule, under which a "
                        "matrix of zeros never moves",
                        config::not_negative())};
    }
  };

  Tiger(Config config, Parameters& parameters)
      : Optimizer(parameters), config_(config), momentum_(remember("exp_avg")) {
    for (const ParameterGroup& group : parameters.groups())
      for (const Slot& slot : group.slots)
        if (config_.smallest_rms == 0 && slot.kind == ParameterKind::matrix && slot.size > 0 &&
            !slot.parameter.any().item<bool>())
          log::warning("tiger will not move '{}', which is all zeros: set train.optimizer.smallest_rms", slot.name);
  }

  double peak_rate() const override { return config_.lr; }

  /// The momentum is kept. Where the original would let parameters with finite gradients step, they wait here: a
  /// skipped step is skipped whole.
  void skip() override {
    const at::NoGradGuard no_grad;
    for (const ParameterGroup& group : parameters_.groups())
      for (const Slot& slot : group.slots) {
        if (slot.view(group.gradients).isfinite().all().item<bool>()) continue;
        const double neutral = slot.gain ? 1 : 0;
        slot.view(group.values).sub_(neutral).mul_(config_.shrink).add_(neutral);
      }
  }

 private:
  void update(const ParameterGroup& group, size_t index, double rate, double scale) override {
    TigerStep step{.scale = scale, .beta = config_.beta, .decay = group.decay ? config_.weight_decay : 0, .rate = rate};
    for (const Slot& slot : group.slots) {
      if (slot.size == 0) continue;
      const bool vector = slot.kind == ParameterKind::vector;
      step.rate = vector ? rate / 2 : rate;
      tiger_step(slot.view(group.values), slot.view(group.gradients), slot.view(momentum_[index]),
                 vector                                  ? TigerSize::one
                 : slot.kind == ParameterKind::embedding ? TigerSize::row
                                                         : TigerSize::whole,
                 config_.smallest_rms, step);
    }
  }

  Config config_;
  const std::vector<Tensor>& momentum_;
};

REGISTER_OPTIMIZER(Tiger, "tiger", "sign of the momentum, scaled by each matrix's own RMS", "Su 2023, kexue.fm 9512");

}  // namespace
}  // namespace lx
