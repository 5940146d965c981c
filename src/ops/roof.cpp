#include "ops/roof.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <oneapi/dnnl/dnnl.hpp>

namespace lx {
namespace {

/// One large product, ready to be executed again and again.
class RoofProduct {
 public:
  RoofProduct(const dnnl::engine& engine, Precision precision, int64_t m, int64_t n, int64_t k)
      : operations_(2.0 * static_cast<double>(m * n * k)), stream_(engine) {
    using Memory = dnnl::memory;
    const bool half = precision == Precision::bf16;
    const auto type = half ? Memory::data_type::bf16 : Memory::data_type::f32;
    const auto options = at::TensorOptions().dtype(half ? at::kBFloat16 : at::kFloat);
    a_ = at::randn({m, k}).to(options);
    b_ = at::randn({k, n}).to(options);
    c_ = at::zeros({m, n}, options);
    const Memory::desc a({m, k}, type, Memory::format_tag::ab), b({k, n}, type, Memory::format_tag::ab),
        packed({k, n}, type, Memory::format_tag::any), c({m, n}, type, Memory::format_tag::ab);
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc chosen(engine, a, packed, c);
#else
    const dnnl::matmul::primitive_desc chosen(dnnl::matmul::desc(a, packed, c), engine);
#endif
    Memory plain(b, engine, b_.data_ptr()), weights(chosen.weights_desc(), engine);
    dnnl::reorder(plain, weights).execute(stream_, plain, weights);
    stream_.wait();
    product_ = dnnl::matmul(chosen);
    arguments_ = {{DNNL_ARG_SRC, Memory(a, engine, a_.data_ptr())},
                  {DNNL_ARG_WEIGHTS, weights},
                  {DNNL_ARG_DST, Memory(c, engine, c_.data_ptr())}};
  }

  /// The best rate of about so many seconds, two calls at least.
  double rate(double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto since = [](Clock::time_point from) {
      return std::chrono::duration<double>(Clock::now() - from).count();
    };
    const Clock::time_point start = Clock::now();
    double best = 0;
    for (int call = 0; call < 2 || since(start) < seconds; ++call) {
      const Clock::time_point begin = Clock::now();
      product_.execute(stream_, arguments_);
      stream_.wait();
      best = std::max(best, operations_ / since(begin));
    }
    return best;
  }

 private:
  double operations_;
  dnnl::stream stream_;
  at::Tensor a_, b_, c_;
  dnnl::matmul product_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

}  // namespace

double product_roof(Precision precision, double seconds) {
  constexpr std::array<std::array<int64_t, 3>, 3> kShapes{{{1024, 1024, 1024}, {2048, 1024, 1024}, {4096, 1024, 256}}};
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  double best = 0;
  try {
    for (const auto& [m, n, k] : kShapes)
      best =
          std::max(best, RoofProduct(engine, precision, m, n, k).rate(seconds / static_cast<double>(kShapes.size())));
  } catch (const dnnl::error&) {  // not on this processor
    return 0;
  }
  return best;
}

}  // namespace lx
