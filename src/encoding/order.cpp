// Which way queries look: back, forward (a mirrored mask: forward-backward attention gives it to half of the heads), or
// both (Su 2023, kexue.fm 9529). Each query sees itself either way. Tokens of a prefix stay visible whatever this says.
#include "encoding/register.h"

namespace lx {

template <>
struct config::EnumNames<Order> {
  static constexpr std::array<std::pair<std::string_view, Order>, 3> names{
      {{"past", Order::past}, {"future", Order::future}, {"all", Order::all}}};
};

namespace {

struct LookingOrder final : ScoreModifier {
  struct Config {
    Order sees = Order::future;
    static constexpr auto fields() {
      return std::tuple{config::field("sees", &Config::sees, "keys that a query sees besides its own")};
    }
  } config;

  LookingOrder(Config c, const Shape&) : config(c) {}

  void reveal(Visibility& visible, const Scene&) const override { visible.order = config.sees; }

  Traits traits() const override {
    return {.gives_order = config.sees != Order::all, .looks_ahead = config.sees != Order::past};
  }

  void define(PairRule& rule) const override {
    rule.order = [sees = config.sees](int64_t i, int64_t j) {
      if (sees == Order::all) return true;
      return sees == Order::past ? i >= j : i <= j;
    };
  }
};

REGISTER_MODIFIER(LookingOrder, "order", "queries see the past, the future or all (forward-backward attention)",
                  "Su 2023, kexue.fm 9529");

}  // namespace
}  // namespace lx
