// The masked language model's objective (Devlin et al. 2019, arXiv 1810.04805): some tokens of a text are taken out and
// are to be found from all the others. Of the chosen ones most become a mask, some a random token, some stay.
#include "base/error.h"
#include "task/objective.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

class Masked final : public Objective {
 public:
  struct Config {
    double rate = 0.15, mask = 0.8, random = 0.1;
    static constexpr auto fields() {
      return std::tuple{
          config::field("rate", &Config::rate, "share of tokens that are to be found", config::fraction()),
          config::field("mask", &Config::mask, "share of those that become the mask", config::fraction()),
          config::field("random", &Config::random, "share of those that become any token; the rest stays as it is",
                        config::fraction())};
    }
  };

  Masked(const Config& config, const ObjectiveContext& context) : config_(config), vocabulary_(context.vocabulary) {
    require(config.rate > 0, "objective.rate is {}: nothing would be masked", config.rate);
    require(config.mask + config.random <= 1, "objective.mask ({}) and objective.random ({}) are more than all",
            config.mask, config.random);
  }

  Asks asks() const override { return Asks::masked; }
  int64_t extra_tokens() const override { return 1; }

  Batch examples(Batch windows, bool, Random random) const override {
    return hidden(windows.tokens, [&](int64_t row) { return random.fork(static_cast<uint64_t>(row)); });
  }

  std::vector<Reading> readings(const Text& text) const override {
    const std::string what = text.period > 0 ? fmt::format("text that repeats with period {}", text.period) : "text";
    return {{text.name, fmt::format("{:g} % of the tokens are masked, the same ones at every length; {} read in "
                                    "separate pieces of the given length",
                                    100 * config_.rate, what)}};
  }

  /// What is masked is decided once for a window, whatever the length of the pieces it is read in.
  Examples cut(const Text& text, const Reading&, int64_t length) const override {
    const int64_t rows = text.tokens.size(0), scored = text.tokens.size(1) - 1;
    const Random masks = Random(0).fork("masks");
    const Batch whole = hidden(text.tokens.narrow(1, 1, scored).contiguous(),
                               [&](int64_t row) { return masks.fork(static_cast<uint64_t>(row)); });
    Examples out;
    out.batch.tokens = whole.tokens.reshape({-1, length});
    out.batch.targets = whole.targets.reshape({-1, length});
    out.place = at::arange(rows * scored, at::kLong).view({-1, length}).masked_fill(out.batch.targets == kIgnore, -1);
    return out;
  }

 private:
  template <class Stream>
  Batch hidden(const Tensor& text, Stream stream) const {
    Batch out;
    out.tokens = text.clone(at::MemoryFormat::Contiguous);
    out.targets = at::full_like(out.tokens, kIgnore);
    const int64_t length = text.size(1);
    auto* tokens = out.tokens.data_ptr<int64_t>();
    auto* targets = out.targets.data_ptr<int64_t>();
    for (int64_t row = 0; row < text.size(0); ++row) {
      Random random = stream(row);
      for (int64_t t = row * length; t < (row + 1) * length; ++t) {
        if (random.uniform() >= config_.rate) continue;
        targets[t] = tokens[t];
        const double fate = random.uniform();
        if (fate < config_.mask)
          tokens[t] = vocabulary_;
        else if (fate < config_.mask + config_.random)
          tokens[t] = static_cast<int64_t>(random.below(static_cast<uint64_t>(vocabulary_)));
      }
    }
    return out;
  }

  Config config_;
  int64_t vocabulary_;
};

REGISTER_OBJECTIVE(Masked, "masked", "tokens that were taken out of a text (MLM): for encoders",
                   "Devlin 2019, arXiv 1810.04805");

}  // namespace
}  // namespace lx
