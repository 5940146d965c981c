#include "ops/onednn.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <vector>

namespace lx::onednn {
namespace {

using dnnl::memory;

/// A tensor's sizes and strides as oneDNN wants them; copied only when it cannot step over them.
struct Matrices {
  Tensor tensor;
  memory::dims sizes, strides;

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
  memory::desc desc() const { return {sizes, type_of(tensor.scalar_type()), strides}; }
};

/// The primitives of this thread, found again by all numbers that went into them.
struct Primitives {
  using Key = std::vector<int64_t>;

  template <class Make>
  static const Matmul& find(const Key& key, Make make) {
    thread_local std::map<Key, Matmul> cache;
    if (const auto it = cache.find(key); it != cache.end()) return it->second;
    if (cache.size() > 4096) cache.clear();  // token-by-token decoding makes a new shape at each step
    return cache.emplace(key, Matmul(make())).first->second;
  }

  static Key key_of(int64_t kind, at::ScalarType gives) {
    return {kind, static_cast<int64_t>(at::get_num_threads()), static_cast<int64_t>(gives)};
  }
};

constexpr int64_t kStrided = 0, kPacked = 1;

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  thread_local dnnl::stream own(engine());
  return own;
}

memory::data_type type_of(at::ScalarType type) {
  return type == at::kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

memory::desc dense(int64_t rows, int64_t columns, at::ScalarType type) {
  return {{rows, columns}, type_of(type), memory::dims{columns, 1}};
}

Matmul::Matmul(const Shapes& shapes) : shapes_(shapes) {
#if DNNL_VERSION_MAJOR >= 3
  const auto made = shapes.bias ? dnnl::matmul::primitive_desc(engine(), shapes.a, shapes.b, *shapes.bias, shapes.c)
                                : dnnl::matmul::primitive_desc(engine(), shapes.a, shapes.b, shapes.c);
#else
  const auto asked = shapes.bias ? dnnl::matmul::desc(shapes.a, shapes.b, *shapes.bias, shapes.c)
                                 : dnnl::matmul::desc(shapes.a, shapes.b, shapes.c);
  const dnnl::matmul::primitive_desc made(asked, engine());
#endif
  shapes_.b = made.weights_desc();
  primitive_ = dnnl::matmul(made);
}

void Matmul::run(const void* a, const void* b, const void* bias, void* c) const {
  const auto wrap = [](const memory::desc& desc, const void* data) {
    return memory(desc, engine(), const_cast<void*>(data));
  };
  std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, wrap(shapes_.a, a)}, {DNNL_ARG_WEIGHTS, wrap(shapes_.b, b)}, {DNNL_ARG_DST, wrap(shapes_.c, c)}};
  if (bias) arguments.emplace(DNNL_ARG_BIAS, wrap(*shapes_.bias, bias));
  primitive_.execute(stream(), arguments);
  stream().wait();
}

Tensor multiply(const Tensor& a_any, const Tensor& b_any, at::ScalarType gives) {
  const Matrices a(a_any), b(b_any);
  std::vector<int64_t> shape(a_any.sizes().begin(), a_any.sizes().end());
  shape.back() = b_any.size(-1);
  Tensor out = at::empty(shape, a_any.options().dtype(gives));
  const Matrices c(out);
  Primitives::Key key = Primitives::key_of(kStrided, gives);
  key.push_back(static_cast<int64_t>(a_any.scalar_type()));
  for (const Matrices* m : {&a, &b, &c}) {
    key.insert(key.end(), m->sizes.begin(), m->sizes.end());
    key.insert(key.end(), m->strides.begin(), m->strides.end());
  }
  const Matmul& matmul = Primitives::find(key, [&] { return Shapes{a.desc(), b.desc(), c.desc(), std::nullopt}; });
  matmul.run(a.tensor.data_ptr(), b.tensor.data_ptr(), nullptr, c.tensor.data_ptr());
  return out;
}

Tensor multiply_packed(const Tensor& any_rows, const memory& packed, const Tensor& bias, at::ScalarType gives) {
  const memory::desc layout = packed.get_desc();
#if DNNL_VERSION_MAJOR >= 3
  const int64_t outputs = layout.get_dims()[1];
#else
  const int64_t outputs = layout.dims()[1];
#endif
  const Matrices rows(any_rows.stride(1) == 1 ? any_rows : any_rows.contiguous());
  const int64_t count = any_rows.size(0), inputs = any_rows.size(1);
  Tensor out = at::empty({count, outputs}, any_rows.options().dtype(gives));
  Primitives::Key key = Primitives::key_of(kPacked, gives);
  key.insert(key.end(), {count, inputs, rows.strides[0], rows.strides[1], outputs, bias.defined() ? 1 : 0});
  const Matmul& matmul = Primitives::find(key, [&] {
    Shapes shapes{rows.desc(), layout, dense(count, outputs, gives), std::nullopt};
    if (bias.defined()) shapes.bias = dense(1, outputs, at::kFloat);
    return shapes;
  });
  matmul.run(rows.tensor.data_ptr(), packed.get_data_handle(), bias.defined() ? bias.data_ptr() : nullptr,
             out.data_ptr());
  return out;
}

}  // namespace lx::onednn
