// Fused attention as one differentiable operation: brings a plan into the form of its tiles, and back.
#include "attention/fused.h"

#include "attention/attend.h"
#include "base/error.h"
#include "base/profile.h"
#include "ops/precision.h"

#include <ATen/ATen.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <utility>

namespace lx {
namespace {

/// Operands in a row, for autograd, which knows lists only.
struct OperandList {
  static std::vector<Tensor> flat(const FusedOperands& o) {
    std::vector<Tensor> all(o.q);
    all.insert(all.end(), o.k.begin(), o.k.end());
    all.push_back(o.v);
    for (const Tensor* extra : {&o.bias, &o.decay_q, &o.decay_k, &o.sink})
      if (extra->defined()) all.push_back(*extra);
    return all;
  }

  /// The way back, given which of them there are.
  static FusedOperands shaped(const std::vector<Tensor>& all, size_t views, bool bias, bool decay, bool sink) {
    FusedOperands o;
    size_t next = 0;
    for (size_t v = 0; v < views; ++v) o.q.push_back(all[next++]);
    for (size_t v = 0; v < views; ++v) o.k.push_back(all[next++]);
    o.v = all[next++];
    if (bias) o.bias = all[next++];
    if (decay) o.decay_q = all[next++];
    if (decay) o.decay_k = all[next++];
    if (sink) o.sink = all[next++];
    return o;
  }
};

struct FusedCall {
  FusedGeometry geometry;
  size_t views = 0;
  bool bias = false, decay = false, sink = false;
  at::ScalarType type = at::kFloat;  // of the result

  FusedOperands shaped(const std::vector<Tensor>& all) const {
    return OperandList::shaped(all, views, bias, decay, sink);
  }
};

/// Makes tensors what tiles can read.
struct FusedForm {
  at::ScalarType type;

  /// Channels side by side, in pairs for bfloat16, rows at whole words.
  Tensor channels(const Tensor& x) const {
    Tensor y = x.to(type);
    if (type == at::kBFloat16 && y.size(3) % 2 != 0) y = at::constant_pad_nd(y, {0, 1});
    const bool words = type == at::kFloat || (y.stride(2) % 2 == 0 && y.stride(1) % 2 == 0 && y.stride(0) % 2 == 0 &&
                                              y.storage_offset() % 2 == 0);
    return y.stride(3) == 1 && words ? y : y.contiguous();
  }

  static Tensor places(const Tensor& positions, int64_t first, int64_t count) {
    Tensor all = positions.defined() ? positions.to(at::kInt) : at::arange(first, first + count, at::kInt);
    if (all.dim() == 1) all = all.unsqueeze(0);
    return at::constant_pad_nd(all, {0, kLanes}).contiguous();
  }

  static bool rise_by_one(const Tensor& places, int64_t count) {
    const Tensor real = places.narrow(1, 0, count);
    return count < 2 || ((real.narrow(1, 1, count - 1) - real.narrow(1, 0, count - 1)) == 1).all().item<bool>();
  }
};

/// A step of the graph over as many tensors as a plan has, which LibTorch's custom functions cannot take.
struct FusedNode : torch::autograd::Node {
  FusedCall call;
  std::vector<torch::autograd::SavedVariable> operands;
  torch::autograd::SavedVariable out, total;

  static Tensor run(const FusedCall& call, const std::vector<Tensor>& all) {
    const Timed timed("attention");
    const std::shared_ptr<FusedNode> node(new FusedNode(), torch::autograd::deleteNode);
    node->set_next_edges(torch::autograd::collect_next_edges(all));
    FusedResult result;
    {
      const at::AutoDispatchBelowADInplaceOrView plain_tensors;
      result = fused_forward(call.geometry, call.shaped(all), call.type);
    }
    torch::autograd::set_history(result.out, node);
    node->call = call;
    for (const Tensor& one : all) node->operands.emplace_back(one, false);
    node->out = torch::autograd::SavedVariable(result.out, true);
    node->total = torch::autograd::SavedVariable(result.total, false);
    return result.out;
  }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& slopes) override {
    const Timed timed("attention");
    const at::NoGradGuard no_second_derivatives;
    std::vector<Tensor> all;
    for (const auto& one : operands) all.push_back(one.unpack());
    const FusedResult result{out.unpack(shared_from_this()), total.unpack()};
    if (!slopes[0].defined()) return torch::autograd::variable_list(all.size());
    const Tensor slope = FusedForm{call.type}.channels(slopes[0]);
    const auto gradients = OperandList::flat(fused_backward(call.geometry, call.shaped(all), result, slope));
    return {gradients.begin(), gradients.end()};
  }

  void release_variables() override {
    operands.clear();
    out.reset_data();
    total.reset_data();
  }
};

struct FusedPreparation {
  FusedOperands operands;
  FusedCall call;

  FusedPreparation(const ScorePlan& plan, const Tensor& v) {
    const bool bf16 = precision() == Precision::bf16 && v.scalar_type() == at::kBFloat16 && native_bf16_tiles();
    const FusedForm form{bf16 ? at::kBFloat16 : at::kFloat};
    for (const View& view : plan.views) {
      operands.q.push_back(form.channels(view.q));
      operands.k.push_back(form.channels(view.k));
    }
    operands.v = form.channels(v);
    const auto real = [](const Tensor& x) { return x.defined() ? x.to(at::kFloat).contiguous() : x; };
    operands.bias = real(plan.bias);
    operands.decay_q = real(plan.decay_q);
    operands.decay_k = real(plan.decay_k);
    operands.sink = real(plan.sink);
    call.views = plan.views.size();
    call.bias = plan.bias.defined();
    call.decay = plan.decay_q.defined();
    call.sink = plan.sink.defined();
    call.type = bf16 ? at::kBFloat16 : at::kFloat;
    geometry(plan, v, bf16);
  }

  void geometry(const ScorePlan& plan, const Tensor& v, bool bf16) {
    FusedGeometry& g = call.geometry;
    const Tensor &q = operands.q.front(), &k = operands.k.front();
    g.type = bf16 ? TileType::bf16 : TileType::fp32;
    g.batch = q.size(0);
    g.heads = q.size(1);
    g.key_heads = k.size(1);
    g.queries = q.size(2);
    g.keys = k.size(2);
    g.width = q.size(3);
    g.value_width = operands.v.size(3);
    g.offset = plan.offset;
    g.origin = plan.origin;
    const bool own = plan.visible.prefix.defined() || plan.visible.lengths.defined();
    for (int64_t example = 0; example < (own ? g.batch : 1); ++example) g.sights.emplace_back(plan, example, g.keys);
    if (!plan.bias.defined()) return;
    for (const View& view : plan.views) {
      g.query_place.push_back(FusedForm::places(view.query_position, plan.offset, g.queries));
      g.key_place.push_back(FusedForm::places(view.key_position, 0, g.keys));
      g.steps_of_one.push_back(FusedForm::rise_by_one(g.query_place.back(), g.queries));
    }
  }

  bool differentiated() const {
    if (!at::GradMode::is_enabled()) return false;
    for (const Tensor& one : OperandList::flat(operands))
      if (one.requires_grad()) return true;
    return false;
  }
};

}  // namespace

std::string not_fused_because(const ScorePlan& plan, const Tensor& v) {
  if (!v.device().is_cpu()) return "not on the CPU";
  for (const View& view : plan.views)
    for (const Tensor* x : {&view.q, &view.k, &v})
      if (x->scalar_type() != at::kFloat && x->scalar_type() != at::kBFloat16) return "neither float32 nor bfloat16";
  if (!plan.rewriters.empty()) return "logits are rewritten row by row";
  if (plan.normaliser) return "something else stands in softmax's place";
  if (plan.curve) return "biases at positions that are no whole numbers";
  return "";
}

Tensor attend_fused(const ScorePlan& plan, const Tensor& v) {
  const std::string why = not_fused_because(plan, v);
  require(why.empty(), "fused attention cannot run this plan: {}", why);
  const int64_t queries = plan.views.front().q.size(2);
  if (v.size(2) == 0 || queries == 0)
    return at::zeros({v.size(0), plan.views.front().q.size(1), queries, v.size(3)}, v.options());
  const FusedPreparation prepared(plan, v);
  constexpr int64_t kFewQueries = 4;
  Tensor out;
  if (!prepared.differentiated()) {
    const Timed timed("attention");
    const auto run = queries <= kFewQueries ? fused_rows : fused_forward;
    out = run(prepared.call.geometry, prepared.operands, prepared.call.type).out;
  } else {
    out = FusedNode::run(prepared.call, OperandList::flat(prepared.operands));
  }
  if (out.size(3) != v.size(3)) out = out.narrow(3, 0, v.size(3));
  return out.to(v.scalar_type());
}

}  // namespace lx
