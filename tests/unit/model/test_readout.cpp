// From the last states to logits: four ways, and the loss that each starts at.
#include "catch.h"
#include "model/readout.h"
#include "unit/model/built.h"
#include "unit/model/refusal.h"

using namespace lx;

namespace {

double first_loss(const std::string& mixer, const std::string& more = "", const std::string& deep = "none") {
  const int64_t vocabulary = 400;
  const auto model = built(
      fmt::format("{{width: 256, layers: 8, mixer: {}, norm: {{kind: rms, gain: false, place: post, deep: {}}}{}}}",
                  mixer, deep, more),
      "[rope]", vocabulary);
  const at::NoGradGuard off;
  at::manual_seed(3);
  const Tensor text = at::randint(0, vocabulary, {4, 33}, at::kLong);
  const Tensor logits = model->logits({.tokens = text.narrow(1, 0, 32)});
  return at::cross_entropy_loss(logits.reshape({-1, vocabulary}), text.narrow(1, 1, 32).reshape({-1})).item<double>();
}

}  // namespace

TEST_CASE("a tied post-norm model starts far above ln V, and each of the four remedies near it") {
  const double ideal = std::log(400.0);
  for (const char* mixer : {"{name: gau, key_width: 32}", "{name: attention, heads: 4}"}) {
    INFO(mixer);
    CHECK(first_loss(mixer) > 1.7 * ideal);
    CHECK(first_loss(mixer, "", "lamb") > 1.7 * ideal);
    for (const char* remedy :
         {", output: untied", ", output: projected", ", output: shuffled", ", init: {embedding: log_vocabulary}"}) {
      INFO(remedy);
      CHECK(first_loss(mixer, remedy) == Approx(ideal).epsilon(0.2));
    }
  }
}

TEST_CASE("each readout computes what it says, with the parameters it needs") {
  const Initialiser init({}, 2, Random(4));
  const Tensor hidden = at::randn({2, 3, 6}), embedding = at::randn({5, 6});
  const auto names = [&](OutputMap map) { return parameter_names(Readout(map, 5, 6, init)); };
  const auto logits = [&](OutputMap map) { return Readout(map, 5, 6, init).forward(hidden, embedding); };
  CHECK(names(OutputMap::tied).empty());
  CHECK(names(OutputMap::shuffled).empty());
  CHECK(names(OutputMap::untied) == std::vector<std::string>{"weight"});
  CHECK(names(OutputMap::projected) == std::vector<std::string>{"projection"});

  CHECK(at::allclose(logits(OutputMap::tied), at::matmul(hidden, embedding.t()), 1e-5, 1e-6));
  const Tensor swapped = hidden.index_select(-1, at::tensor({3, 4, 5, 0, 1, 2}, at::kLong));
  CHECK(at::allclose(logits(OutputMap::shuffled), at::matmul(swapped, embedding.t()), 1e-5, 1e-6));
  const Readout untied(OutputMap::untied, 5, 6, init), projected(OutputMap::projected, 5, 6, init);
  const Tensor own = untied.named_parameters()["weight"], map = projected.named_parameters()["projection"];
  CHECK(at::allclose(untied.forward(hidden, embedding), at::matmul(hidden, own.t()), 1e-5, 1e-6));
  CHECK(at::allclose(projected.forward(hidden, embedding), at::matmul(at::matmul(hidden, map.t()), embedding.t()), 1e-5,
                     1e-5));
  CHECK(at::allclose(map.mm(map.t()), at::eye(6), 1e-5, 1e-5));
}

TEST_CASE("gradients of readouts are right, of the embedding too") {
  for (const char* output : {"tied", "untied", "projected", "shuffled"}) {
    INFO(output);
    const auto model = built("{width: 8, layers: 1, mixer: {heads: 2}, output: " + std::string(output) + "}");
    const Tensor tokens = some_tokens();
    CHECK(worst_slope(*model, [&] { return model->logits({.tokens = tokens}).sin().sum(); }) < 1e-6);
  }
}

TEST_CASE("embeddings start as they are told, once") {
  const auto deviation = [](const std::string& init) {
    return built("{width: 64, layers: 1, mixer: {heads: 2}, init: " + init + "}", "[rope]", 500)
        ->named_parameters()["embedding"]
        .std()
        .item<double>();
  };
  CHECK(deviation("{}") == Approx(1. / 8).epsilon(0.02));
  CHECK(deviation("{embedding: log_vocabulary}") == Approx(std::log(500.0) / 64).epsilon(0.02));
  CHECK(deviation("{scheme: normal, embedding: log_vocabulary}") == Approx(std::log(500.0) / 64).epsilon(0.02));
  CHECK(deviation("{embedding_std: 0.3}") == Approx(0.3).epsilon(0.02));
  CHECK_THAT(refusal([&] { deviation("{embedding_std: 0.3, embedding: log_vocabulary}"); }),
             Catch::Contains("embedding_std (0.3)") && Catch::Contains("embedding: log_vocabulary"));
}

TEST_CASE("an odd width has no halves to swap") {
  CHECK_THAT(refusal([] { built("{width: 9, layers: 1, mixer: {heads: 1, head_dim: 4}, output: shuffled}"); }),
             Catch::Contains("model.output") && Catch::Contains("got 9"));
}
