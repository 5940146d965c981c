// The loss of a model without logits is the loss from its logits, however it reads them off.
#include "catch.h"
#include "train/loss.h"
#include "unit/model/built.h"

using namespace lx;

TEST_CASE("the loss of a model is that of its logits, with gradients, whatever its readout") {
  for (const char* output : {"tied", "untied", "projected", "shuffled"}) {
    for (const bool some : {false, true}) {
      CAPTURE(output, some);
      const auto model = built(fmt::format("{{width: 12, layers: 1, mixer: {{heads: 2}}, output: {}}}", output));
      model->to(at::kFloat);
      Batch batch{.tokens = some_tokens(), .targets = some_tokens().flip(1)};
      if (some) batch.targets.narrow(1, 2, 4).fill_(kIgnore);
      const LossTerms terms{.label_smoothing = 0.1, .z_loss = 0.01};
      const auto slopes = [&](const LossSums& sums) {
        model->zero_grad();
        sums.objective.backward();
        std::vector<Tensor> all;
        for (const Tensor& parameter : model->parameters()) all.push_back(parameter.grad().clone());
        return all;
      };
      const LossSums sums = loss_of(*model, batch, terms),
                     plain = cross_entropy(model->logits(batch), batch.targets, terms);
      CHECK(sums.nats == Approx(plain.nats).epsilon(1e-5));
      CHECK(sums.correct == plain.correct);
      CHECK(sums.objective.item<double>() == Approx(plain.objective.item<double>()).epsilon(1e-5));
      const auto a = slopes(sums), b = slopes(plain);
      for (size_t i = 0; i < a.size(); ++i) CHECK(at::allclose(a[i], b[i], 1e-3, 1e-5));
    }
  }
}
