// Attention the slow way: one pair of tokens at a time, in plain doubles, straight from a method's one-line definition.
// Shares no code with src/attention. Everything fast is judged by it.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace oracle {

using Vector = std::vector<double>;

/// What a method says about one pair (query i, key j), and about one query.
struct Method {
  std::string name;
  std::string yaml;                                      // the stack that must do the same
  std::function<double(int64_t i, int64_t j)> position;  // effective relative position; empty: i - j
  std::function<Vector(int64_t pairs)> theta;            // empty: nothing turns
  std::function<bool(int64_t i, int64_t j)> visible;     // empty: j <= i
  std::function<double(int64_t seen)> gain;              // on top of 1/sqrt(D); seen: keys query i sees
  std::function<void(Vector& q, Vector& k)> shape;       // empty: unchanged
};

inline double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t c = 0; c < a.size(); ++c) sum += a[c] * b[c];
  return sum;
}

inline Vector unit(Vector x) {
  const double length = std::sqrt(dot(x, x));
  for (double& value : x) value /= length;
  return x;
}

/// <q turned by `position` relative to k, k>: pairs are channels m and m + P.
inline double turned_dot(const Vector& q, const Vector& k, double position, const Vector& theta) {
  const size_t pairs = theta.size();
  double sum = 0;
  for (size_t m = 0; m < pairs; ++m) {
    const double c = std::cos(position * theta[m]), s = std::sin(position * theta[m]);
    const double q1 = q[m] * c - q[m + pairs] * s, q2 = q[m] * s + q[m + pairs] * c;
    sum += q1 * k[m] + q2 * k[m + pairs];
  }
  for (size_t c = 2 * pairs; c < q.size(); ++c) sum += q[c] * k[c];
  return sum;
}

/// Softmax weights of query i over `keys` keys.
inline Vector weights(const Method& method, const std::vector<Vector>& q, const std::vector<Vector>& k, int64_t i) {
  const auto keys = static_cast<int64_t>(k.size());
  const auto sees = [&](int64_t j) { return method.visible ? method.visible(i, j) : j <= i; };
  int64_t seen = 0;
  for (int64_t j = 0; j < keys; ++j) seen += sees(j);
  Vector logit(k.size(), -INFINITY);
  double largest = -INFINITY;
  for (int64_t j = 0; j < keys; ++j) {
    if (!sees(j)) continue;
    Vector a = q[static_cast<size_t>(i)], b = k[static_cast<size_t>(j)];
    if (method.shape) method.shape(a, b);
    const double position = method.position ? method.position(i, j) : static_cast<double>(i - j);
    const double compared =
        method.theta ? turned_dot(a, b, position, method.theta(static_cast<int64_t>(a.size() / 2))) : dot(a, b);
    logit[static_cast<size_t>(j)] =
        compared / std::sqrt(static_cast<double>(a.size())) * (method.gain ? method.gain(seen) : 1);
    largest = std::max(largest, logit[static_cast<size_t>(j)]);
  }
  double total = 0;
  for (double& value : logit) total += value = value == -INFINITY ? 0 : std::exp(value - largest);
  for (double& value : logit) value /= total;
  return logit;
}

}  // namespace oracle
