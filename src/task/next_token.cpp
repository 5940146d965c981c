// The language model's objective: every token is predicted from those before it.
#include "base/error.h"
#include "task/objective.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

class NextToken final : public Objective {
 public:
  struct Config {
    static constexpr auto fields() { return std::tuple{}; }
  };

  NextToken(const Config&, const ObjectiveContext&) {}

  Asks asks() const override { return Asks::next_token; }
  Batch examples(Batch windows, bool, Random) const override { return windows; }
  std::vector<Reading> readings(const Text& text) const override { return {{text.name, ""}}; }

  /// Natural text in separate pieces, repeated text at its beginning only, since all its pieces are alike.
  Examples cut(const Text& text, const Reading&, int64_t length) const override {
    const int64_t rows = text.tokens.size(0), scored = text.tokens.size(1) - 1;
    const Tensor all = at::arange(rows * scored, at::kLong).view({rows, scored});
    const auto piece = [&](const Tensor& whole) {
      return text.period > 0 ? whole.narrow(1, 0, length) : whole.reshape({-1, length});
    };
    Examples out;
    out.batch.tokens = piece(text.tokens.narrow(1, 0, scored));
    out.batch.targets = piece(text.tokens.narrow(1, 1, scored));
    out.place = piece(all);
    return out;
  }
};

REGISTER_OBJECTIVE(NextToken, "next_token", "every token from those before it");

}  // namespace

const Objective& next_token() {
  static const NextToken one({}, {});
  return one;
}

}  // namespace lx
