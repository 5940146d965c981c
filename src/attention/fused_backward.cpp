// Fused attention, backward: weights are computed again from the logits and the saved totals (Dao et al. 2022), one
// block of keys after another, so that nothing of the size T x T is ever kept.
#include "attention/backward_worker.h"
#include "attention/workers.h"

#include <ATen/ATen.h>

namespace lx {
namespace {

struct BackwardPass {
  static PartSums parts(bool wanted, std::vector<int64_t> shape, int64_t count) {
    shape.insert(shape.begin(), count);
    return {wanted ? at::zeros(shape, at::kFloat) : Tensor()};
  }
  static Tensor sum(const PartSums& of) {
    return !of.all.defined() ? Tensor() : of.all.size(0) == 1 ? of.all[0] : of.all.sum(0);
  }

  /// Adds up what parts found for the queries of each tile.
  static void join(const BackwardCall& call) {
    const FusedGeometry& g = call.geometry;
    const Tensor sum = call.queries.sum(0);  // [B,H,tiles,views,D,kLanes]
    const auto views = static_cast<int64_t>(call.operands.q.size());
    std::vector<uint32_t> scratch;
    for (int64_t item = 0; item < g.batch * g.heads * g.tiles() * views; ++item) {
      const int64_t v = item % views, tile = item / views % g.tiles(), head = item / views / g.tiles();
      const Tensor& to = call.gradients.q[static_cast<size_t>(v)];
      if (to.defined())
        write_lanes(to, head / g.heads, head % g.heads, tile * kLanes, std::min(kLanes, g.queries - tile * kLanes),
                    sum.data_ptr<float>() + item * g.width * kLanes, g.width, scratch);
    }
  }
};

}  // namespace

FusedOperands fused_backward(const FusedGeometry& g, const FusedOperands& operands, const FusedResult& result,
                             const Tensor& slope) {
  BackwardCall call{.geometry = g, .operands = operands, .result = result, .slope = slope};
  if (operands.sink.defined()) call.delta = at::empty({g.batch, g.heads, g.queries}, at::kFloat);
  const auto like = [](const Tensor& x) {
    return at::empty({x.size(0), x.size(2), x.size(1), x.size(3)}, x.options()).transpose(1, 2);
  };
  for (const Tensor& q : operands.q) call.gradients.q.push_back(like(q));
  for (const Tensor& k : operands.k) call.gradients.k.push_back(like(k));
  call.gradients.v = like(operands.v);

  const int64_t heads = g.batch * g.key_heads, threads = at::get_num_threads();
  call.parts = heads % threads == 0 || heads >= 8 * threads ? 1 : std::min(threads, g.blocks());
  const auto views = static_cast<int64_t>(operands.q.size());
  if (call.parts > 1)
    call.queries = at::zeros({call.parts, g.batch, g.heads, g.tiles(), views, g.width, kLanes}, at::kFloat);
  call.bias = BackwardPass::parts(operands.bias.defined(),
                                  {g.batch, g.heads, operands.bias.defined() ? operands.bias.size(1) : 0}, call.parts);
  call.decay_q = BackwardPass::parts(operands.decay_q.defined(), {g.batch, g.heads, g.queries}, call.parts);
  if (operands.decay_k.defined()) call.decay_k = at::zeros({g.batch, g.heads, g.keys}, at::kFloat);

  each_item(
      heads * call.parts, [&] { return BackwardWorker(call); },
      [&](BackwardWorker& worker, int64_t item) {
        worker.run(item / call.parts / g.key_heads, item / call.parts % g.key_heads, item % call.parts);
      });
  if (call.parts > 1) BackwardPass::join(call);

  FusedOperands gradients = call.gradients;
  if (operands.bias.defined()) gradients.bias = BackwardPass::sum(call.bias).sum(0);
  gradients.decay_q = BackwardPass::sum(call.decay_q);
  gradients.decay_k = call.decay_k;
  if (operands.sink.defined())
    gradients.sink = -(at::exp(operands.sink.view({1, -1, 1}) - result.total) * call.delta).sum(at::IntArrayRef{0, 2});
  return gradients;
}

}  // namespace lx
