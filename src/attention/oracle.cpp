#include "attention/oracle.h"

#include "base/error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lx {

double number(const Tensor& tensor, std::initializer_list<int64_t> index) {
  Tensor at = tensor.detach();
  for (const int64_t i : index) at = at.select(0, i);
  return at.item<double>();
}

Numbers numbers(const Tensor& tensor) {
  const Tensor flat = tensor.detach().cpu().to(at::kDouble).contiguous().view({-1});
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

namespace {

constexpr double kHidden = -std::numeric_limits<double>::infinity();

struct Oracle {
  PairRule rule;
  int64_t prefix = 0, length = 0;
  std::vector<std::vector<Numbers>> q, k;  // [heads][T][D]

  Oracle(const Stack& stack, const Given& given, bool training, int64_t example, int64_t examples, int64_t tokens) {
    const Shape& shape = stack.shape();
    rule.example = example;
    rule.examples = examples;
    rule.heads = shape.heads;
    rule.head_dim = shape.head_dim;
    rule.trained_length = shape.trained_length;
    rule.keys = tokens;
    rule.training = training;
    rule.draw = given.draw;
    const Visibility& v = given.visible;
    prefix = v.prefix.defined() ? v.prefix[example].item<int64_t>() : 0;
    length = v.lengths.defined() ? v.lengths[example].item<int64_t>() : tokens;
    rule.order = [order = v.order](int64_t i, int64_t j) {
      return order == Order::all || (order == Order::past ? j <= i : j >= i);
    };
    rule.place = [](int64_t t) { return static_cast<double>(t); };
    rule.relative = [this](int64_t i, int64_t j) { return rule.place(i) - rule.place(j); };
  }
  Oracle(const Oracle&) = delete;  // the rule's functions hold its address

  bool sees(int64_t i, int64_t j) const {
    if (j >= length || !(rule.order(i, j) || j < prefix)) return false;
    if (j < rule.sinks) return true;
    return std::all_of(rule.near.begin(), rule.near.end(), [&](const auto& near) { return near(i, j); });
  }

  double compared(int64_t h, int64_t i, int64_t j, double seen) const {
    Numbers a = q[static_cast<size_t>(h)][static_cast<size_t>(i)];
    Numbers b = k[static_cast<size_t>(h) / (q.size() / k.size())][static_cast<size_t>(j)];
    for (const auto& shape : rule.shape) shape(h, a, b);
    const double relative = rule.relative(i, j);
    double sum = 0;
    const size_t pairs = rule.theta.size();
    for (size_t m = 0; m < pairs; ++m) {
      const size_t one = rule.interleaved ? 2 * m : m, two = rule.interleaved ? 2 * m + 1 : m + pairs;
      const bool below = !rule.down.empty() && rule.down[m];
      const double angle = (below ? rule.place_down(i) - rule.place_down(j) : relative) * rule.theta[m];
      const double c = std::cos(angle), s = std::sin(angle);
      const double turned = (a[one] * c - a[two] * s) * b[one] + (a[one] * s + a[two] * c) * b[two];
      sum += turned * (rule.growth.empty() ? 1 : std::exp(relative * rule.growth[m]));
    }
    for (size_t c = 2 * pairs; c < a.size(); ++c) sum += a[c] * b[c];
    double gain = 1 / std::sqrt(static_cast<double>(rule.head_dim));
    for (const auto& factor : rule.gain) gain *= factor(h, i, seen);
    return sum * gain;
  }

  double added(int64_t h, int64_t i, int64_t j) const {
    double sum = 0;
    for (const auto& bias : rule.bias) sum += bias(h, rule.relative(i, j));
    for (const auto& gate : rule.log_gate)
      for (int64_t t = std::min(i, j) + 1; t <= std::max(i, j); ++t) sum += gate(h, t);
    return sum;
  }

  /// Weights of query i: [H][T].
  std::vector<Numbers> weights(int64_t i) const {
    const auto tokens = static_cast<size_t>(rule.keys);
    PairRule::Row row{i, {}, {}, {}, std::vector<bool>(tokens), Numbers(tokens)};
    double seen = 0;
    for (size_t j = 0; j < tokens; ++j) {
      row.visible[j] = sees(i, static_cast<int64_t>(j));
      row.relative[j] = rule.relative(i, static_cast<int64_t>(j));
      seen += row.visible[j] ? 1 : 0;
    }
    for (int64_t h = 0; h < rule.heads; ++h) {
      Numbers products(tokens), logits(tokens);
      for (size_t j = 0; j < tokens; ++j) {
        if (!row.visible[j] && rule.rewrite.empty()) continue;
        products[j] = compared(h, i, static_cast<int64_t>(j), seen);
        logits[j] = products[j] + added(h, i, static_cast<int64_t>(j));
      }
      Numbers query = q[static_cast<size_t>(h)][static_cast<size_t>(i)], unused(query.size());
      for (const auto& shape : rule.shape) shape(h, query, unused);
      row.query.push_back(std::move(query));
      row.compared.push_back(std::move(products));
      row.logits.push_back(std::move(logits));
    }
    for (const auto& rewrite : rule.rewrite) rewrite(row);
    for (int64_t h = 0; h < rule.heads; ++h) row.logits[static_cast<size_t>(h)] = normalised(h, row, seen);
    return row.logits;
  }

  Numbers normalised(int64_t h, const PairRule::Row& row, double seen) const {
    Numbers logits = row.logits[static_cast<size_t>(h)];
    for (size_t j = 0; j < logits.size(); ++j)
      if (!row.visible[j]) logits[j] = kHidden;
    const size_t keys = logits.size();
    if (!rule.sink.empty()) {
      double weight = 0;
      for (const auto& sink : rule.sink) weight += std::exp(sink(h));
      logits.push_back(std::log(weight));
    }
    Numbers result(keys);
    if (seen == 0 && rule.sink.empty()) return result;
    if (rule.normalise) {
      const Numbers all = rule.normalise(logits);
      return {all.begin(), all.begin() + static_cast<int64_t>(keys)};
    }
    const double largest = *std::max_element(logits.begin(), logits.end());
    double total = 0;
    for (const double value : logits) total += std::exp(value - largest);
    for (size_t j = 0; j < keys; ++j) result[j] = std::exp(logits[j] - largest) / total;
    return result;
  }
};

std::vector<std::vector<Numbers>> rows_of(const Tensor& x) {  // [H,T,D]
  std::vector<std::vector<Numbers>> all;
  for (int64_t h = 0; h < x.size(0); ++h) {
    all.emplace_back();
    for (int64_t t = 0; t < x.size(1); ++t) all.back().push_back(numbers(x[h][t]));
  }
  return all;
}

}  // namespace

Tensor oracle_weights(const Stack& stack, const Tensor& q, const Tensor& k, const Tensor& hidden, const Given& given,
                      bool training) {
  const int64_t batch = q.size(0), heads = q.size(1), tokens = q.size(2);
  require(k.size(2) == tokens, "the oracle reads whole texts: {} queries, {} keys", tokens, k.size(2));
  Tensor all = at::zeros({batch, heads, tokens, tokens}, at::kDouble);
  auto out = all.accessor<double, 4>();
  for (int64_t b = 0; b < batch; ++b) {
    Oracle oracle(stack, given, training, b, batch, tokens);
    oracle.q = rows_of(q[b]);
    oracle.k = rows_of(k[b]);
    std::vector<Numbers> read;
    if (hidden.defined())
      for (int64_t t = 0; t < tokens; ++t) read.push_back(numbers(hidden[b][t]));
    oracle.rule.hidden = [&read](int64_t t) { return read.at(static_cast<size_t>(t)); };
    for (const ScoreModifier* modifier : stack.active(training)) modifier->define(oracle.rule);
    for (int64_t i = 0; i < tokens; ++i) {
      const auto rows = oracle.weights(i);
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t j = 0; j < tokens; ++j) out[b][h][i][j] = rows[static_cast<size_t>(h)][static_cast<size_t>(j)];
    }
  }
  return all;
}

Tensor oracle_input(const Stack& stack, const Tensor& x, const Given& given, bool training) {
  Tensor all = x.detach().cpu().to(at::kDouble).clone();
  for (int64_t b = 0; b < x.size(0); ++b) {
    Oracle oracle(stack, given, training, b, x.size(0), x.size(1));
    for (const ScoreModifier* modifier : stack.active(training)) modifier->define(oracle.rule);
    for (int64_t t = 0; t < x.size(1); ++t) {
      Numbers row = numbers(all[b][t]);
      for (const auto& embed : oracle.rule.embed) embed(t, row);
      all[b][t].copy_(at::tensor(row, at::kDouble));
    }
  }
  return all;
}

}  // namespace lx
