// Long texts without gradients go through the layers in stretches of rows: the same numbers as all at once.
#include "catch.h"
#include "unit/model/built.h"

using namespace lx;

TEST_CASE("without gradients, in stretches of rows, a model says what it says with them") {
  for (const char* model : {"{width: 12, layers: 2, mixer: {heads: 2}}",
                            "{width: 16, layers: 1, mixer: {heads: 4, key_heads: 2, bias: [query, value]}, "
                            "feed_forward: {activation: swiglu, bias: false}, norm: {place: post}}",
                            "{width: 12, layers: 1, mixer: {heads: 2, bias: false}, norm: {place: sandwich}, "
                            "feed_forward: {activation: relu2}}",
                            "{width: 12, layers: 2, mixer: {name: gau, key_width: 6}}",
                            "{width: 12, layers: 1, mixer: {name: gau, key_width: 6, bias: [value, key]}}"}) {
    for (const char* stack : {"[rope, {window: {size: 20}}]", "[{window: {size: 20}}, {forget: {kind: full}}]"}) {
      CAPTURE(model, stack);
      const auto made = built(model, stack);
      at::manual_seed(7);
      const Batch batch{.tokens = at::randint(0, 11, {3, 2801}, at::kLong)};  // more rows than two stretches hold
      const Tensor whole = made->hidden(batch).detach();
      const at::NoGradGuard off;
      CHECK(at::allclose(made->hidden(batch), whole, 1e-9, 1e-9));
      Memories memories;
      CHECK(at::allclose(made->hidden(batch, &memories), whole, 1e-9, 1e-9));
    }
  }
}
