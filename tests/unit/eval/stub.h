// Models and a task whose exact losses are known.
#pragma once

#include "eval/evaluator.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace lx {

/// Looks the next token up in a table of logits [V,V]: no context, so the same loss in every piece.
struct BigramModel : Model {
  Tensor table;
  explicit BigramModel(Tensor logits) : table(std::move(logits)) {}
  Tensor hidden(const Batch& batch, Memories*) override {
    return at::one_hot(batch.tokens, vocabulary()).to(at::kFloat);
  }
  Tensor readout(const Tensor& states) override {
    CHECK_FALSE(at::GradMode::is_enabled());
    CHECK_FALSE(is_training());
    return states.matmul(table);
  }
  int64_t vocabulary() const override { return table.size(0); }
};

/// Knows only where in its piece it stands: all targets at position p have the loss log(V - 1 + e^p) or that less p.
struct PositionModel : Model {
  int64_t symbols;
  int64_t breaks_at;  // lengths from here on give NaN
  explicit PositionModel(int64_t v, int64_t fails = 1 << 20) : symbols(v), breaks_at(fails) {}
  int64_t reads = kAll;
  int64_t longest_text() const override { return reads; }
  Tensor hidden(const Batch& batch, Memories*) override {
    const int64_t length = batch.tokens.size(1);
    const Tensor positions = at::arange(length, at::kFloat).expand({batch.tokens.size(0), length}).unsqueeze(-1);
    return length >= breaks_at ? positions * NAN : positions;  // [B,T,1]
  }
  Tensor readout(const Tensor& states) override {  // token 0 gains a logit of p
    return at::cat({states, at::zeros({states.size(0), symbols - 1})}, -1);
  }
  int64_t vocabulary() const override { return symbols; }
};

/// Random tokens from `documents` documents, two windows each.
struct StubTask : Task {
  int64_t symbols = 5, documents = 3;
  int64_t vocabulary() const override { return symbols; }
  double bytes_per_token() const override { return 2; }
  Batch sample(Split, int64_t, int64_t, Random) const override { return {}; }
  std::string content_hash() const override { return "stub"; }
  Text text(const TextRequest& request) const override {
    Random random(5);
    Text text;
    text.name = request.kind;
    text.period = request.period;
    text.documents_long_enough = documents;
    text.tokens = at::empty({2 * documents, request.length + 1}, at::kLong);
    for (int64_t w = 0; w < 2 * documents; ++w) {
      text.document.push_back(w / 2);
      int64_t* row = text.tokens[w].data_ptr<int64_t>();
      for (int64_t t = 0; t <= request.length; ++t) {
        row[t] =
            request.period > 0 && t >= request.period ? row[t - request.period] : static_cast<int64_t>(random.below(5));
      }
    }
    for (int64_t d = 0; d < documents; ++d) text.document_names.push_back("document " + std::to_string(d));
    return text;
  }
};

}  // namespace lx
