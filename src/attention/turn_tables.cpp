#include "attention/turn_tables.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <list>
#include <span>
#include <vector>

namespace lx {
namespace {

using Doubles = std::span<const double>;

/// Tables of one set of frequencies at a list of positions, which can grow at its end.
struct TurnEntry {
  std::vector<double> theta, positions;
  Tensor cosine, sine;  // [capacity,P]

  bool serves(Doubles wanted, at::ScalarType dtype) const {
    return cosine.scalar_type() == dtype && std::ranges::equal(wanted, theta);
  }

  int64_t numbers() const { return 2 * cosine.numel(); }

  /// Where `wanted` begins in the list, such that both agree as far as both go; negative: nowhere.
  int64_t find(Doubles wanted) const {
    for (auto at = positions.begin(); (at = std::find(at, positions.end(), wanted[0])) != positions.end(); ++at) {
      const size_t both = std::min(wanted.size(), static_cast<size_t>(positions.end() - at));
      if (std::equal(at, at + static_cast<std::ptrdiff_t>(both), wanted.begin())) return at - positions.begin();
      if (at != positions.begin()) return -1;  // lists that repeat themselves are not worth a longer search
    }
    return -1;
  }

  void append(Doubles more) {
    const auto before = static_cast<int64_t>(positions.size());
    const int64_t after = before + static_cast<int64_t>(more.size());
    if (after > cosine.size(0)) {
      // Room for a text that grows token by token. What was handed out keeps the old tables.
      for (Tensor* table : {&cosine, &sine}) {
        Tensor wider = at::empty({before > 0 ? after + after / 2 : after, table->size(1)}, table->options());
        wider.narrow(0, 0, before).copy_(table->narrow(0, 0, before));
        *table = wider;
      }
    }
    positions.insert(positions.end(), more.begin(), more.end());
    if (cosine.scalar_type() == at::kDouble)
      fill<double>(before, after);
    else
      fill<float>(before, after);
  }

  TurnTables rows(int64_t from, int64_t count) const {
    return {cosine.narrow(0, from, count), sine.narrow(0, from, count)};
  }

 private:
  template <class Real>
  void fill(int64_t from, int64_t to) {
    const auto pairs = static_cast<int64_t>(theta.size());
    Real *const cosines = cosine.data_ptr<Real>(), *const sines = sine.data_ptr<Real>();
    at::parallel_for(from, to, 1024 / (pairs + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        for (int64_t m = 0; m < pairs; ++m) {
          const double angle = positions[static_cast<size_t>(row)] * theta[static_cast<size_t>(m)];
          cosines[row * pairs + m] = static_cast<Real>(std::cos(angle));
          sines[row * pairs + m] = static_cast<Real>(std::sin(angle));
        }
      }
    });
  }
};

struct TurnCache {
  std::list<TurnEntry> entries;  // last used first

  static TurnCache& of_this_thread() {
    thread_local TurnCache cache;
    return cache;
  }

  TurnTables tables(Doubles positions, Doubles theta, at::ScalarType dtype) {
    const auto count = static_cast<int64_t>(positions.size());
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
      if (!entry->serves(theta, dtype)) continue;
      const int64_t from = entry->find(positions);
      if (from < 0) continue;
      const auto there = static_cast<int64_t>(entry->positions.size()) - from;
      entries.splice(entries.begin(), entries, entry);
      if (there < count) entry->append(positions.subspan(static_cast<size_t>(there)));
      const TurnTables rows = entry->rows(from, count);
      shrink();
      return rows;
    }
    TurnEntry fresh{{theta.begin(), theta.end()}, {}, {}, {}};
    fresh.cosine = at::empty({0, static_cast<int64_t>(theta.size())}, at::TensorOptions().dtype(dtype));
    fresh.sine = at::empty_like(fresh.cosine);
    fresh.append(positions);
    entries.push_front(std::move(fresh));
    const TurnTables rows = entries.front().rows(0, count);
    shrink();
    return rows;
  }

 private:
  void shrink() {
    constexpr size_t kMostEntries = 24;  // each is compared with what is asked for
    int64_t numbers = 0;
    for (const TurnEntry& entry : entries) numbers += entry.numbers();
    while (entries.size() > kMostEntries || (numbers > kMostTurnTables && !entries.empty())) {
      numbers -= entries.back().numbers();
      entries.pop_back();
    }
  }
};

bool plain_doubles(const Tensor& x) {
  return x.dim() == 1 && x.numel() > 0 && x.scalar_type() == at::kDouble && x.device().is_cpu() && !x.requires_grad();
}

}  // namespace

std::optional<TurnTables> kept_turn_tables(const Tensor& positions, const Tensor& theta, at::ScalarType dtype) {
  if (!plain_doubles(positions) || !plain_doubles(theta)) return std::nullopt;
  if (2 * positions.numel() * theta.numel() > kMostTurnTables) return std::nullopt;
  const auto doubles = [](const Tensor& x) { return Doubles(x.data_ptr<double>(), static_cast<size_t>(x.numel())); };
  const Tensor where = positions.contiguous(), speeds = theta.contiguous();
  return TurnCache::of_this_thread().tables(doubles(where), doubles(speeds),
                                            dtype == at::kDouble ? at::kDouble : at::kFloat);
}

TurnTables turn_tables(const Tensor& angle) {
  if (!angle.device().is_cpu() || angle.scalar_type() != at::kDouble || angle.requires_grad())
    return {angle.cos(), angle.sin()};
  const Tensor angles = angle.contiguous();
  const TurnTables tables{at::empty_like(angles), at::empty_like(angles)};
  const double* const from = angles.data_ptr<double>();
  double *const cosines = tables.cosine.data_ptr<double>(), *const sines = tables.sine.data_ptr<double>();
  at::parallel_for(0, angles.numel(), 1024, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      cosines[i] = std::cos(from[i]);
      sines[i] = std::sin(from[i]);
    }
  });
  return tables;
}

void forget_turn_tables() { TurnCache::of_this_thread().entries.clear(); }

}  // namespace lx
