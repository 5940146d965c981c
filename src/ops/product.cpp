#include "ops/product.h"

#include "ops/work.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

namespace lx {
namespace {

/// oneDNN products of float32 matrices in memory, whatever their strides.
class OneDnnProduct {
 public:
  static bool takes(const Tensor& a, const Tensor& b) {
    return a.device().is_cpu() && a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat && a.dim() >= 2 &&
           a.dim() == b.dim() && a.numel() > 0 && b.numel() > 0;
  }

  static Tensor run(const Tensor& a_any, const Tensor& b_any) {
    const Matrices a(a_any), b(b_any);
    std::vector<int64_t> shape(a_any.sizes().begin(), a_any.sizes().end());
    shape.back() = b_any.size(-1);
    Tensor out = at::empty(shape, a_any.options());
    const Matrices c(out);
    const Entry& entry = primitive(a, b, c);
    thread_local dnnl::stream stream(engine());
    dnnl::memory am(entry.a, engine(), a.tensor.data_ptr<float>()), bm(entry.b, engine(), b.tensor.data_ptr<float>()),
        cm(entry.c, engine(), c.tensor.data_ptr<float>());
    entry.primitive.execute(stream, {{DNNL_ARG_SRC, am}, {DNNL_ARG_WEIGHTS, bm}, {DNNL_ARG_DST, cm}});
    stream.wait();
    return out;
  }

 private:
  /// A tensor's sizes and strides as oneDNN wants them; copied only when it cannot step over them.
  struct Matrices {
    Tensor tensor;
    dnnl::memory::dims sizes, strides;

    explicit Matrices(const Tensor& x) : tensor(x) {
      bool regular = x.stride(-1) == 1 || x.stride(-2) == 1;
      for (int64_t d = 0; d < x.dim(); ++d) regular = regular && (x.size(d) == 1 || x.stride(d) > 0);  // not expanded
      if (!regular || x.dim() > 4) tensor = x.contiguous();
      if (tensor.dim() > 4) tensor = tensor.reshape({-1, x.size(-2), x.size(-1)});
      sizes.assign(tensor.sizes().begin(), tensor.sizes().end());
      strides.assign(tensor.strides().begin(), tensor.strides().end());
      for (size_t d = 0; d < sizes.size(); ++d) {
        if (sizes[d] == 1) strides[d] = std::max<int64_t>(strides[d], 1);
      }
    }
  };

  struct Entry {
    dnnl::memory::desc a, b, c;
    dnnl::matmul primitive;
  };

  static const dnnl::engine& engine() {
    static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
    return cpu;
  }

  static const Entry& primitive(const Matrices& a, const Matrices& b, const Matrices& c) {
    using Key = std::vector<int64_t>;
    thread_local std::map<Key, Entry> cache;
    Key key{static_cast<int64_t>(at::get_num_threads())};
    for (const Matrices* m : {&a, &b, &c}) {
      key.insert(key.end(), m->sizes.begin(), m->sizes.end());
      key.insert(key.end(), m->strides.begin(), m->strides.end());
    }
    if (const auto it = cache.find(key); it != cache.end()) return it->second;
    if (cache.size() > 4096) cache.clear();  // token-by-token decoding makes a new shape at each step
    const auto desc = [](const Matrices& m) {
      return dnnl::memory::desc(m.sizes, dnnl::memory::data_type::f32, m.strides);
    };
    Entry entry{desc(a), desc(b), desc(c), {}};
#if DNNL_VERSION_MAJOR >= 3
    entry.primitive = dnnl::matmul(dnnl::matmul::primitive_desc(engine(), entry.a, entry.b, entry.c));
#else
    entry.primitive =
        dnnl::matmul(dnnl::matmul::primitive_desc(dnnl::matmul::desc(entry.a, entry.b, entry.c), engine()));
#endif
    return cache.emplace(std::move(key), std::move(entry)).first->second;
  }
};

struct ProductFunction : torch::autograd::Function<ProductFunction> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& a, const Tensor& b) {
    context->save_for_backward({a, b});
    return OneDnnProduct::run(a, b);
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor& dy = gradients[0];
    Tensor da, db;
    if (context->needs_input_grad(0)) da = OneDnnProduct::run(dy, saved[1].transpose(-1, -2));
    if (context->needs_input_grad(1)) db = OneDnnProduct::run(saved[0].transpose(-1, -2), dy);
    return {da, db};
  }
};

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& rows, const Tensor& weight) {
    context->save_for_backward({rows, weight});
    return OneDnnProduct::run(rows, weight.t());
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               torch::autograd::tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor dy = gradients[0].contiguous();
    Tensor dx, dw;
    if (context->needs_input_grad(0)) dx = OneDnnProduct::run(dy, saved[1]);
    if (context->needs_input_grad(1)) dw = OneDnnProduct::run(dy.t(), saved[0]);
    return {dx, dw};
  }
};

}  // namespace

Tensor product(const Tensor& a, const Tensor& b) {
  if (WorkCounter::on()) WorkCounter::add(2 * a.numel() * b.size(-1));
  return OneDnnProduct::takes(a, b) ? ProductFunction::apply(a, b) : product_reference(a, b);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  if (WorkCounter::on()) WorkCounter::add(2 * x.numel() * weight.size(0));
  if (!OneDnnProduct::takes(x.dim() == 2 ? x : x.flatten(0, -2), weight)) return linear_reference(x, weight, bias);
  std::vector<int64_t> shape(x.sizes().begin(), x.sizes().end());
  shape.back() = weight.size(0);
  const Tensor y = LinearFunction::apply(x.reshape({-1, x.size(-1)}), weight).view(shape);
  return bias.defined() ? y + bias : y;
}

Tensor product_reference(const Tensor& a, const Tensor& b) { return at::matmul(a, b); }

Tensor linear_reference(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return at::linear(x, weight, bias);
}

}  // namespace lx
