// The cost that a model states is what it executes: every architecture, mixer and kind of visibility.
#include "base/error.h"
#include "catch.h"
#include "config/yaml.h"
#include "model/cost.h"
#include "model/model.h"
#include "ops/product.h"
#include "ops/work.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

using namespace lx;

namespace {

constexpr int64_t kVocabulary = 11, kTrained = 8;

struct WorkLaw {
  std::string architecture, mixer, encoding;

  std::shared_ptr<Model> model() const {
    const bool two = architecture == "encoder_decoder";
    const std::string yaml = fmt::format(
        "{{name: {}, width: 16, {}, mixer: {}, feed_forward: {{activation: swiglu, ratio: 2.5}}}}", architecture,
        two ? "encoder_layers: 2, decoder_layers: 3, cross: {heads: 4, key_heads: 2, head_dim: 6}" : "layers: 3",
        mixer);
    return build_model(config::parse_yaml(yaml, "model"), config::parse_yaml(encoding, "encoding"), {},
                       {.vocabulary = kVocabulary, .trained_length = kTrained}, Random(1));
  }

  static Tensor tokens(int64_t rows, int64_t length) {
    at::manual_seed(3);
    return at::randint(0, kVocabulary, {rows, length}, at::kLong);
  }
};

int64_t executed(Model& model, const Batch& batch, Memories* memories = nullptr) {
  const at::NoGradGuard off;
  const CountWork count;
  model.logits(batch, memories);
  return count.operations();
}

int64_t held(const Memory& memory) {
  int64_t sum = 0;
  for (const Tensor* kept : {&memory.key, &memory.value, &memory.decay})
    if (kept->defined()) sum += kept->numel();
  for (const Memory& group : memory.groups) sum += held(group);
  for (const Memory& source : memory.cross) sum += held(source);
  return sum;
}

int64_t held(const Memories& memories) {
  int64_t sum = 0;
  for (const Memory& memory : memories) sum += held(memory);
  return sum;
}

std::vector<WorkLaw> work_laws() {
  const std::vector<std::string> mixers{"{name: attention, heads: 4, key_heads: 2, head_dim: 6}",
                                        "{name: gau, key_width: 6, inner_width: 10}"};
  const std::vector<std::string> encodings{
      "stack: [rope]",
      "stack: [alibi]",
      "stack: [rope, {rerope: {window: 5}}]",
      "layers: {rest: [rope, {window: {size: 4}}], last: [log_n]}",
      "stack: [rope, {streaming: {sinks: 2, size: 6}}]",
      "{encoder: {stack: [rope]}, decoder: {stack: [alibi]}, cross: {stack: [alibi]}}"};
  std::vector<WorkLaw> all;
  for (const char* architecture : {"decoder", "unilm", "encoder", "encoder_decoder"})
    for (const std::string& mixer : mixers)
      for (const std::string& encoding : encodings)
        if (encoding.front() != '{' || std::string(architecture) == "encoder_decoder")
          all.push_back({architecture, mixer, encoding});
  for (const char* architecture : {"decoder", "unilm", "encoder_decoder"})
    all.push_back(
        {architecture, mixers[0], "groups: {near: {heads: 0.5, stack: [alibi]}, far: {stack: [{window: {size: 3}}]}}"});
  all.push_back({"decoder", mixers[0], "stack: [forget]"});
  all.push_back({"encoder", mixers[0],
                 "groups: {back: {heads: 0.5, stack: [{order: {sees: past}}]}, "
                 "on: {heads: 0.5, stack: [{order: {sees: future}}]}}"});
  return all;
}

template <class Law>
void each_work_law(Law law) {
  for (const WorkLaw& subject : work_laws()) {
    INFO(subject.architecture << " " << subject.mixer << " " << subject.encoding);
    const auto model = subject.model();
    law(*model);
  }
}

}  // namespace

TEST_CASE("a product of m x k x n is 2 m n k operations, and only while they are counted") {
  const Tensor a = at::ones({3, 4, 5}), b = at::ones({3, 5, 6}), x = at::ones({7, 5}), w = at::ones({9, 5});
  CountWork outer;
  {
    const CountWork inner;
    (void)lx::product(a, b);
    CHECK(inner.operations() == 3 * 2 * 4 * 5 * 6);
    (void)lx::linear(x.to(at::kDouble), w.to(at::kDouble), Tensor());
    CHECK(inner.operations() == 3 * 2 * 4 * 5 * 6 + 2 * 7 * 5 * 9);
    CHECK(outer.operations() == 0);
    const WorkCounter::Pause pause;
    (void)lx::product(a, b);
  }
  CHECK(outer.operations() == 3 * 2 * 4 * 5 * 6 + 2 * 7 * 5 * 9);
}

TEST_CASE("the operations a model states are those it executes") {
  each_work_law([](Model& model) {
    for (const bool training : {true, false}) {
      model.train(training);
      for (const int64_t length : {int64_t{9}, int64_t{1}, int64_t{300}}) {
        for (const std::vector<int64_t>& prefix : {std::vector<int64_t>{0, 0}, {4, 4}, {5, 2}, {0, 3}}) {
          if (*std::max_element(prefix.begin(), prefix.end()) >= length) continue;
          INFO("length " << length << " prefix " << prefix[0] << ", " << prefix[1] << " training " << training);
          const Batch batch = model.arrange(
              {.tokens = WorkLaw::tokens(2, length), .targets = {}, .prefix = at::tensor(prefix, at::kLong)});
          CHECK(executed(model, batch) == model.work(batch).operations());
        }
      }
    }
  });
}

TEST_CASE("decoding executes and remembers what the model states") {
  each_work_law([](Model& model) {
    if (!model.answers(Asks::continuation)) return;
    model.eval();
    const Batch whole =
        model.arrange({.tokens = WorkLaw::tokens(2, 23), .targets = {}, .prefix = at::full({2}, 7, at::kLong)});
    const int64_t length = whole.tokens.size(1), source = whole.source.defined() ? whole.source.size(1) : 0;
    Memories memories;
    Past past;
    for (const int64_t to : {length - 3, length - 2, length - 1, length}) {
      Batch step;
      step.tokens = whole.tokens.narrow(1, past.tokens, to - past.tokens);
      if (past.tokens == 0) step.source = whole.source;
      const Work stated = model.work(step, past);
      CHECK(executed(model, step, &memories) == stated.operations());
      CHECK(held(memories) == stated.kept);
      past = {.tokens = to, .source = source};
    }
    const std::optional<Work> last = work_of_decoding(model, {.length = 23, .input = 7});
    REQUIRE(last.has_value());
    CHECK(last->kept * 2 == held(memories));
  });
}

TEST_CASE("a plain decoder trains at 6 operations for each parameter and pair") {
  const auto model = WorkLaw{"decoder", "{heads: 4}", "stack: [rope]"}.model();
  const ParameterCount count = count_parameters(*model);
  const int64_t n = 64, width = 16, layers = 3;
  const double maps = 6.0 * static_cast<double>(count.mixers + count.feed_forward + count.embedding);
  const double pairs = 6.0 * static_cast<double>(layers * width * (n + 1));  // 2 (D + D) H (n + 1) / 2, three times
  CHECK(operations_per_trained_token(*model, {.length = n}) == Approx(maps + pairs));
  CHECK(count.all() == parameter_count(*model));
  CHECK(count.without_embeddings() == count.all() - kVocabulary * width);
}

TEST_CASE("an encoder decodes nothing, and the parts of every model add up") {
  each_work_law([](Model& model) {
    CHECK(count_parameters(model).all() == parameter_count(model));
    if (!model.answers(Asks::continuation)) CHECK_FALSE(work_of_decoding(model, {.length = 9}).has_value());
  });
}
