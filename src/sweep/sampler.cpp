#include "sweep/sampler.h"

#include "base/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace lx {
namespace {

class RandomSampler final : public PointSampler {
 public:
  RandomSampler(uint64_t seed, std::vector<std::string> names) : names_(std::move(names)), root_(seed) {}

  std::vector<double> point(int64_t index) const override {
    std::vector<double> out;
    for (const std::string& name : names_)
      out.push_back(root_.fork("search").fork(name).fork(static_cast<uint64_t>(index)).uniform());
    return out;
  }

 private:
  std::vector<std::string> names_;
  Random root_;
};

class HaltonSampler final : public PointSampler {
 public:
  HaltonSampler(uint64_t seed, size_t dimensions) {
    const Random root = Random(seed).fork("halton");
    for (uint64_t base = 2; dimensions_.size() < dimensions; ++base)
      if (is_prime(base)) dimensions_.push_back(scrambled(base, root.fork(dimensions_.size())));
  }

  std::vector<double> point(int64_t index) const override {
    std::vector<double> out;
    for (const Dimension& dimension : dimensions_) out.push_back(coordinate(dimension, static_cast<uint64_t>(index)));
    return out;
  }

 private:
  struct Dimension {
    uint64_t base;
    std::vector<std::vector<uint64_t>> digits;  // [place, digit]: the digit it becomes
  };
  std::vector<Dimension> dimensions_;

  static bool is_prime(uint64_t number) {
    for (uint64_t factor = 2; factor * factor <= number; ++factor)
      if (number % factor == 0) return false;
    return true;
  }

  static Dimension scrambled(uint64_t base, const Random& stream) {
    Dimension out{base, {}};
    const auto places = static_cast<size_t>(std::ceil(53 / std::log2(static_cast<double>(base))));
    for (size_t place = 0; place < places; ++place) {
      Random draws = stream.fork(place);
      std::vector<uint64_t> order(base);
      std::iota(order.begin(), order.end(), uint64_t{0});
      for (uint64_t n = base; n > 1; --n) std::swap(order[n - 1], order[draws.below(n)]);
      out.digits.push_back(std::move(order));
    }
    return out;
  }

  /// The digits of `index`, the last one first, behind the point. The zeros in front of it are permuted, too: without
  /// them every point would lie on a coarse grid.
  static double coordinate(const Dimension& dimension, uint64_t index) {
    double out = 0, weight = 1;
    for (const std::vector<uint64_t>& order : dimension.digits) {
      weight /= static_cast<double>(dimension.base);
      out += weight * static_cast<double>(order[index % dimension.base]);
      index /= dimension.base;
    }
    return std::min(out, std::nextafter(1.0, 0.0));
  }
};

}  // namespace

std::unique_ptr<PointSampler> random_sampler(uint64_t seed, std::vector<std::string> names) {
  return std::make_unique<RandomSampler>(seed, std::move(names));
}

std::unique_ptr<PointSampler> halton_sampler(uint64_t seed, size_t dimensions) {
  return std::make_unique<HaltonSampler>(seed, dimensions);
}

}  // namespace lx
