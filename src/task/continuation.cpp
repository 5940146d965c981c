// An input is given and the output that follows it is written: what GPT, UniLM and encoder-decoders can all do, and so
// what they are compared on (kexue.fm 9529). Of a window of N tokens the first P are input; the model reads the rest
// one after another, and what it predicts at each counts. The token behind the input is where writing begins: it is
// read, not predicted, so that an architecture needs no token of its own to begin with.
#include "base/error.h"
#include "task/objective.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lx {
namespace {

enum class JudgedPart { output, all };

}  // namespace
template <>
struct config::EnumNames<JudgedPart> {
  static constexpr std::array<std::pair<std::string_view, JudgedPart>, 2> names{
      {{"output", JudgedPart::output}, {"all", JudgedPart::all}}};
};
namespace {

class Continuation final : public Objective {
 public:
  struct Config {
    double input = 0.5, shortest_input = -1;
    JudgedPart loss = JudgedPart::output;
    static constexpr auto fields() {
      return std::tuple{
          config::field("input", &Config::input, "share of a training window that is input", config::fraction()),
          config::field("shortest_input", &Config::shortest_input,
                        "inputs of training are drawn from this share up to `input`; below 0: all have `input`"),
          config::field("loss", &Config::loss,
                        "training judges the output, or all: also what is predicted within the input (a UniLM sees "
                        "those targets; an encoder predicts nothing)")};
    }
  };

  Continuation(const Config& config, const ObjectiveContext& context)
      : config_(config), trained_(context.trained_length) {
    input_ = share(config.input);
    least_ = config.shortest_input < 0 ? input_ : share(config.shortest_input);
    require(input_ < trained_, "objective.input: {} of {} tokens are input, which leaves no output", input_, trained_);
    require(least_ <= input_, "objective.shortest_input ({}) is above objective.input ({})", config.shortest_input,
            config.input);
  }

  Asks asks() const override { return Asks::continuation; }
  Parts parts() const override { return {input_, trained_ - least_}; }

  Batch examples(Batch windows, bool training, Random random) const override {
    const int64_t rows = windows.tokens.size(0), length = windows.tokens.size(1);
    windows.prefix = at::empty({rows}, at::kLong);
    auto* prefix = windows.prefix.data_ptr<int64_t>();
    for (int64_t row = 0; row < rows; ++row)
      prefix[row] = least_ + static_cast<int64_t>(random.below(static_cast<uint64_t>(input_ - least_ + 1)));
    if (training && config_.loss == JudgedPart::all) return windows;
    const Tensor given = at::arange(length, at::kLong) < windows.prefix.unsqueeze(1);
    windows.targets = windows.targets.masked_fill(given, kIgnore);
    return windows;
  }

  std::vector<Reading> readings(const Text& text) const override {
    const int64_t scored = trained_ - input_;
    const auto sentence = [&](const std::string& context) {
      return fmt::format("the last {} targets of each window: the same tokens at every length, {}", scored, context);
    };
    const std::string output = fmt::format("the output has {} tokens", scored);
    if (text.period > 0)
      return {{"repeated_input",
               sentence(fmt::format("{}, the input grows; tokens repeat with period {}", output, text.period))}};
    return {{"longer_input", sentence(output + ", the input grows")},
            {"longer_output", sentence(fmt::format("the input has {} tokens, the output grows", input_))}};
  }

  Examples cut(const Text& text, const Reading& reading, int64_t length) const override {
    const int64_t rows = text.tokens.size(0), all = text.tokens.size(1) - 1, scored = trained_ - input_;
    const int64_t given = reading.name == "longer_output" ? input_ : length - scored;
    const Tensor column = at::arange(length, at::kLong);
    const Tensor unjudged = (column < length - scored).expand({rows, length});
    Examples out;
    out.batch.tokens = text.tokens.narrow(1, all - length, length);
    out.batch.targets = text.tokens.narrow(1, all - length + 1, length).masked_fill(unjudged, kIgnore);
    out.batch.prefix = at::full({rows}, given, at::kLong);
    out.place = (column + (all - length) + at::arange(rows, at::kLong).unsqueeze(1) * all).masked_fill(unjudged, -1);
    return out;
  }

  void check_lengths(const std::vector<int64_t>& lengths) const override {
    for (const int64_t length : lengths)
      require(length >= trained_,
              "eval.lengths: {} is shorter than the trained length {}; a continuation is read with the trained input "
              "and output, or longer ones",
              length, trained_);
  }

 private:
  int64_t share(double part) const { return std::llround(part * static_cast<double>(trained_)); }

  Config config_;
  int64_t trained_, input_ = 0, least_ = 0;
};

REGISTER_OBJECTIVE(Continuation, "continuation", "the output that follows an input: GPT, UniLM, encoder-decoder",
                   "kexue.fm 9529");

}  // namespace
}  // namespace lx
