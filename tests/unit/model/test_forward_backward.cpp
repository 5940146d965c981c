// Forward-backward attention in an encoder (kexue.fm 9529): who reads whom, through one layer and through two.
#include "catch.h"
#include "unit/model/built.h"

#include <ATen/core/grad_mode.h>

using namespace lx;

namespace {

struct Reads {
  int64_t tokens = 9;
  std::shared_ptr<Model> model;

  Reads(const std::string& encoding, int64_t layers) {
    model =
        build_model(config::parse_yaml(
                        fmt::format("{{name: encoder, width: 16, layers: {}, mixer: {{heads: 2}}}}", layers), "model"),
                    config::load_yaml("configs/encoding/" + encoding + ".yaml"), config::Node(config::List{}),
                    {.vocabulary = 11, .trained_length = 16}, Random(1));
    model->to(at::kDouble);
    model->eval();
  }

  /// Does what stands at `from` change the state at `to`?
  bool across(int64_t from, int64_t to) const {
    const at::NoGradGuard off;
    const Tensor text = at::arange(tokens, at::kLong).unsqueeze(0);
    Tensor other = text.clone();
    other[0][from] = 10;
    const Tensor change = model->hidden({.tokens = text}) - model->hidden({.tokens = other});
    return change[0][to].abs().max().item<double>() > 1e-12;
  }
};

}  // namespace

TEST_CASE("half of the heads read the past, half the future") {
  const Reads reads("forward_backward", 1);
  CHECK(reads.across(2, 5));
  CHECK(reads.across(5, 2));
  const auto& groups = reads.model->head_groups().front().groups->list();
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].name == "forward");
  CHECK(groups[0].stack.shape().heads == groups[1].stack.shape().heads);
  for (const bool training : {true, false}) {
    CHECK(groups[0].stack.layout(9, {.visible = {.order = Order::all}}, training).visible.order == Order::past);
    CHECK(groups[1].stack.layout(9, {.visible = {.order = Order::all}}, training).visible.order == Order::future);
  }
}

TEST_CASE("odd layers read the past, even ones the future: two of them see everything") {
  const Reads one("forward_backward_layers", 1), two("forward_backward_layers", 2);
  CHECK(one.across(2, 5));
  CHECK_FALSE(one.across(5, 2));
  CHECK(two.across(2, 5));
  CHECK(two.across(5, 2));
}
