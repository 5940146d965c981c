// Traps into which published implementations fell, each as a test of ours. Those of single methods stand beside their
// methods: layouts, maps and tables in test_places and test_positions, biases in test_biases, frequencies and scales in
// test_frequencies.
#include "attention/attend.h"
#include "catch.h"
#include "laws/oracle.h"
#include "laws/subjects.h"

#include <ATen/core/grad_mode.h>

using namespace lx;
using namespace lx::laws;

namespace {

struct Trap {
  static config::Node method(const std::string& name) {
    return config::load_yaml("configs/encoding/" + name + ".yaml");
  }
};

}  // namespace

TEST_CASE_METHOD(Trap, "decoding past ReRoPE's window reads a batch row by row, and a table of w + 1 positions") {
  // A copy in circulation kept w rows of cosines (position w is needed) and dropped an axis in its decoding branch,
  // which mixes the examples of a batch.
  const at::NoGradGuard off;
  const Content c(law_shape(), kLawTokens, 3);
  const Stack stack = make_stack("[rope, {rerope: {window: 4}}]", law_shape());
  Memory memory;
  for (int64_t t = 0; t < kLawTokens; ++t) {
    Tensor v = c.v.narrow(2, t, 1);
    const Tensor together = attend(stack.plan(c.q.narrow(2, t, 1), c.k.narrow(2, t, 1), v, {}, {}, false, &memory), v);
    for (int64_t b = 0; b < 3; ++b) {
      Tensor all = c.v.narrow(0, b, 1).narrow(2, 0, t + 1);
      const Tensor alone = attend(stack.plan(c.q.narrow(0, b, 1).narrow(2, 0, t + 1),
                                             c.k.narrow(0, b, 1).narrow(2, 0, t + 1), all, {}, {}, false),
                                  all);
      CHECK(largest(together.narrow(0, b, 1) - alone.narrow(2, t, 1)) < 1e-12);
    }
  }
}

TEST_CASE_METHOD(Trap, "rotation runs along tokens, not along heads or examples") {
  // Turning along another axis runs without an error: every token of a head would then stand at one place.
  const Shape shape = law_shape(4, 4, 6);
  const Tensor q = at::ones({3, 4, 5, 6}, at::kDouble), k = q;
  Tensor v = at::ones({3, 4, 5, 1}, at::kDouble);
  const ScorePlan plan = make_stack("[rope]", shape).plan(q, k, v, {}, {}, false);
  const Tensor& turned = plan.views.front().k;
  for (int64_t t = 1; t < 5; ++t) {
    CHECK(largest(turned.select(2, t) - turned.select(2, 0)) > 0.1);
    CHECK(largest(turned.select(2, t) - turned.select(2, t)[0][0]) < 1e-12);  // the same in each example and head
  }
}

TEST_CASE_METHOD(Trap,
                 "the published ReRoPE patches scale queries by log n at test time: that is a method of its own") {
  const config::Node dagger = method("rerope_logn_test"), plain = method("rerope");
  CHECK(dagger.find("stack")->list().size() == plain.find("stack")->list().size() + 1);
  const config::Node& log_n = *dagger.find("stack")->list().back().find("log_n");
  CHECK(log_n.find("floor")->integer() == 1);
  CHECK(log_n.find("when")->string() == "test");
}

TEST_CASE_METHOD(Trap, "InvLeaky-b8 multiplies the base by eight; it is not a base of eight") {
  CHECK(method("inverse_leaky_rerope_b8").find("stack")->list()[0].find("rope")->find("base")->real() == 80000);
}

TEST_CASE_METHOD(Trap, "T5's bias is added as it is: neither 1/sqrt(D) nor a gain touches it") {
  const Content c(law_shape());
  const auto bias_of = [&](const char* yaml) {
    const Stack stack = make_stack(yaml, law_shape());
    stir(stack);
    const ScorePlan plan = plan_of(stack, c, {}, false);
    return plan.bias.clone();
  };
  CHECK(largest(bias_of("[t5_bias]") - bias_of("[t5_bias, {temperature: {value: 0.1}}]")) == 0);
  CHECK(largest(bias_of("[t5_bias]") - bias_of("[t5_bias, {log_n: {floor: 0}}]")) == 0);
}

TEST_CASE_METHOD(Trap, "Self-Extend with a window that its group does not divide shifts by whole positions") {
  const Shape shape{.heads = 1, .key_heads = 1, .head_dim = 2, .width = 2, .trained_length = 8};
  const Tensor q = at::ones({1, 1, 12, 2}, at::kDouble);
  Tensor v = q;
  const ScorePlan plan = make_stack("[rope, {self_extend: {window: 5, group: 2}}]", shape).plan(q, q, v, {}, {}, false);
  const Tensor row =
      relative_positions(plan, 11, 1)[0][0];  // floor(11/2) + 5 - floor(5/2) - floor(j/2) = 8 - floor(j/2)
  CHECK(oracle::Vector(row.data_ptr<double>(), row.data_ptr<double>() + 12) ==
        oracle::Vector{8, 8, 7, 7, 6, 6, 5, 4, 3, 2, 1, 0});
}
