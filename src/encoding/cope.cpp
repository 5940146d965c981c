// CoPE: positions that count what the query finds worth counting (Golovneva et al. 2024, arXiv 2405.18719).
//   gate_ij = sigmoid(logit before anything is added);   p_ij = sum of the gates of keys from j to i, both included
//   logit  += <q_i, e(p_ij)>,   e read from a table, between two rows in proportion, up to its last row
// The gates are those of the scaled products, as in both public codes (the paper's equation has no 1/sqrt(D)), and what
// is added is not scaled, as in the paper's appendix (the counting-task code divides it by sqrt(D), by default). q is
// the content, before any turning. Keys that a query does not see count nothing. One table for all heads of a layer,
// which starts at zero. Keys ahead, which the paper leaves open, are counted from the query on. It reads no positions:
// what moves tokens moves nothing here.
#include "encoding/register.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lx {
namespace {

struct Cope final : ScoreModifier {
  struct Config {
    int64_t positions = 64;
    static constexpr auto fields() {
      return std::tuple{config::field("positions", &Config::positions, "rows of the table: counts end at the last",
                                      config::at_least(2))};
    }
  } config;
  Tensor table;  // [positions,D]

  Cope(Config c, const Shape& shape) : config(c), table(parameter("table", at::zeros({c.positions, shape.head_dim}))) {}

  Tensor rewrite(const Tensor& logits, const RowBlock& block, const Scene& scene) const override {
    const auto dtype = logits.scalar_type();
    const auto integers = block.visible.options().dtype(at::kLong);
    const Tensor i = at::arange(block.first_query, block.first_query + block.rows, integers).unsqueeze(1);
    const Tensor j = at::arange(block.first_key, block.first_key + block.keys, integers);
    const Tensor behind = j <= i;  // [rows,keys]
    const Tensor gates = at::sigmoid(block.compared) * block.visible.to(block.compared.scalar_type());
    Tensor count = (gates * behind).flip(-1).cumsum(-1).flip(-1);  // [B,H,rows,keys]
    if (scene.ahead) count = at::where(behind, count, (gates * (j >= i)).cumsum(-1));
    count = count.clamp_max(static_cast<double>(config.positions - 1));
    const Tensor low = count.detach().floor(), part = count - low;
    const Tensor row = low.to(at::kLong), next = (row + 1).clamp_max(config.positions - 1);
    const Tensor scores = at::matmul(block.query, table.to(dtype).t());  // [B,H,rows,positions]
    return logits + scores.gather(-1, row) * (1 - part) + scores.gather(-1, next) * part;
  }

  Traits traits() const override { return {.gives_order = true}; }

  void define(PairRule& rule) const override {
    rule.rewrite.push_back([this](PairRule::Row& row) {
      const Numbers e = numbers(table);
      const auto dot = [&](const Numbers& q, double position) {
        double sum = 0;
        for (size_t c = 0; c < q.size(); ++c) sum += q[c] * e[static_cast<size_t>(position) * q.size() + c];
        return sum;
      };
      const auto i = static_cast<size_t>(row.i);
      for (size_t h = 0; h < row.logits.size(); ++h) {
        for (size_t j = 0; j < row.visible.size(); ++j) {
          double position = 0;
          for (size_t t = std::min(i, j); t <= std::max(i, j); ++t)
            if (row.visible[t]) position += 1 / (1 + std::exp(-row.compared[h][t]));
          position = std::min(position, static_cast<double>(config.positions - 1));
          const double low = std::floor(position), high = std::ceil(position);
          row.logits[h][j] +=
              (position - low) * dot(row.query[h], high) + (1 - position + low) * dot(row.query[h], low);
        }
      }
    });
  }
};

REGISTER_MODIFIER(Cope, "cope", "positions that count the keys a query finds worth counting",
                  "Golovneva 2024, arXiv 2405.18719");

}  // namespace
}  // namespace lx
