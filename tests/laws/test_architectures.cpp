// Laws of the architectures: what UniLM, encoder and encoder-decoder are to the decoder, under every encoding that is
// defined for them and with both mixers.
#include "attention/attend.h"
#include "base/error.h"
#include "base/files.h"
#include "catch.h"
#include "config/interpolate.h"
#include "config/yaml.h"
#include "laws/subjects.h"
#include "model/model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <set>

using namespace lx;

namespace {

struct Architectures {
  static constexpr int64_t kTrained = 8, kInput = 5, kTokens = 14, kWords = 11;

  struct Method {
    std::string name;
    config::Node encoding;
  };

  /// Every method in configs/encoding; then every mechanism on its own, with every setting the laws know.
  static std::vector<Method> methods() {
    std::vector<Method> all;
    for (const auto& entry : fs::directory_iterator("configs/encoding")) {
      config::Node root = config::parse_yaml(fmt::format("{{length: {}, model: {{layers: 2}}}}", kTrained), "run");
      root.set("encoding", config::load_yaml(entry.path()));
      all.push_back({entry.path().stem().string(), *config::resolve(root).find("encoding")});
    }
    for (const laws::LawSubject& subject : laws::law_subjects())
      all.push_back({subject.yaml, config::parse_yaml("stack: " + subject.yaml, subject.name)});
    std::sort(all.begin(), all.end(), [](const Method& a, const Method& b) { return a.name < b.name; });
    return all;
  }

  static std::string layers(const std::string& name) {
    if (name == "encoder_decoder") return "encoder_layers: 2, decoder_layers: 2";
    if (name == "shared") return "encoder_layers: 2, decoder_layers: 2, shared: true";
    return "layers: 2";
  }

  static std::vector<std::string> mixers() {
    return {"mixer: {heads: 4, key_heads: 2, head_dim: 6}",
            "mixer: {name: gau, key_width: 8}, norm: {kind: rms, gain: false, place: post}"};
  }

  static std::shared_ptr<Model> make(const std::string& name, const std::string& rest, const config::Node& encoding) {
    const bool two = name == "encoder_decoder" || name == "shared";
    const std::string yaml = fmt::format("{{name: {}, width: 12, {}, {}{}}}", two ? "encoder_decoder" : name,
                                         layers(name), rest, two ? ", cross: {heads: 2}" : "");
    auto model = build_model(
        config::parse_yaml(yaml, "model"), encoding, {},
        {.vocabulary = kWords, .trained_length = kTrained, .input_length = kInput, .output_length = kTrained},
        Random(1));
    model->to(at::kDouble);
    model->eval();
    return model;
  }

  /// Null where the method means nothing in this architecture; the reason is one sentence.
  static std::shared_ptr<Model> try_make(const std::string& name, const std::string& rest,
                                         const config::Node& encoding) {
    try {
      return make(name, rest, encoding);
    } catch (const Error& refusal) {
      CHECK(std::string(refusal.what()).find('\n') == std::string::npos);
      return nullptr;
    }
  }

  static Tensor words(int64_t batch, int64_t length) {
    at::manual_seed(static_cast<uint64_t>(length));
    return at::randint(0, kWords, {batch, length}, at::kLong);
  }

  static Batch example(int64_t batch, int64_t length, std::vector<int64_t> prefix) {
    Batch batch_of{.tokens = words(batch, length), .targets = words(batch, length)};
    prefix.resize(static_cast<size_t>(batch), prefix.back());
    batch_of.prefix = at::tensor(prefix, at::kLong);
    const Tensor input = at::arange(length, at::kLong) < batch_of.prefix.unsqueeze(1);
    batch_of.targets.masked_fill_(input, kIgnore);
    return batch_of;
  }

  static double gap(const Tensor& a, const Tensor& b) { return a.numel() ? (a - b).abs().max().item<double>() : 0; }

  /// Gives `to` the weights of `from` that have its names behind `prefix`.
  static void copy_weights(const Model& from, Model& to, const std::string& prefix) {
    const at::NoGradGuard off;
    const auto theirs = from.named_parameters();
    for (const auto& item : to.named_parameters()) {
      const std::string& key = item.key();
      const std::string name = theirs.contains(key) ? key : prefix + key;
      INFO(name);
      REQUIRE(theirs.contains(name));
      item.value().copy_(theirs[name]);
    }
  }

  /// The longest text that a model of this method reads.
  static int64_t readable(const Model& model) { return std::min(kTokens, model.longest_text()); }

  template <class Law>
  static int64_t each(const std::string& name, Law law) {
    int64_t seen = 0;
    for (const Method& method : methods()) {
      for (const std::string& rest : mixers()) {
        INFO(method.name << " in " << name << " with " << rest);
        if (const auto model = try_make(name, rest, method.encoding)) {
          law(method, rest, *model);
          ++seen;
        }
      }
    }
    return seen;
  }
};

using A = Architectures;

}  // namespace

TEST_CASE("a UniLM with a prefix of nothing is the decoder, and with a prefix of all the encoder") {
  const at::NoGradGuard off;
  const int64_t seen = A::each("unilm", [](const A::Method& method, const std::string& rest, Model& unilm) {
    const int64_t length = A::readable(unilm);
    const Batch nothing = A::example(2, length, {0}), all = A::example(2, length, {length});
    const auto decoder = A::make("decoder", rest, method.encoding), encoder = A::make("encoder", rest, method.encoding);
    CHECK(A::gap(unilm.logits(unilm.arrange(nothing)), decoder->logits(decoder->arrange(nothing))) < 1e-10);
    CHECK(A::gap(unilm.logits(unilm.arrange(all)), encoder->logits(encoder->arrange(all))) < 1e-10);
  });
  CHECK(seen > 150);
}

TEST_CASE("an encoder-decoder with an empty source is its decoder") {
  const at::NoGradGuard off;
  for (const char* name : {"encoder_decoder", "shared"}) {
    const int64_t seen = A::each(name, [&](const A::Method& method, const std::string& rest, Model& both) {
      const auto decoder = A::make("decoder", rest, method.encoding);
      A::copy_weights(both, *decoder, "decoder.");
      const Batch example = A::example(2, A::readable(both), {0});
      CHECK(A::gap(both.logits(both.arrange(example)), decoder->logits(decoder->arrange(example))) < 1e-10);
    });
    CHECK(seen > 150);
  }
}

TEST_CASE("with a source: outputs are causal, every token of the source is read, and decoding equals one pass") {
  const at::NoGradGuard off;
  for (const char* name : {"unilm", "encoder_decoder", "shared"}) {
    A::each(name, [&](const A::Method&, const std::string&, Model& model) {
      const int64_t length = A::readable(model), input = length > A::kInput + 1 ? A::kInput : 2;
      const Batch example = A::example(2, length, {input});
      const Batch read = model.arrange(example);
      const Tensor whole = model.logits(read);
      const int64_t begin = read.tokens.size(1) - (length - input);  // of the output among what is read
      Batch changed = example;
      changed.tokens = example.tokens.clone();
      // Windows may hide the beginning of a prefix; cross-attention reads all of a source.
      changed.tokens.select(1, std::string(name) == "unilm" ? input - 1 : 0).add_(1).remainder_(A::kWords);
      CHECK(A::gap(model.logits(model.arrange(changed)).narrow(1, begin, 1), whole.narrow(1, begin, 1)) > 1e-12);
      changed.tokens = example.tokens.clone();
      changed.tokens.select(1, length - 1).add_(1).remainder_(A::kWords);
      CHECK(A::gap(model.logits(model.arrange(changed)).narrow(1, 0, whole.size(1) - 1),
                   whole.narrow(1, 0, whole.size(1) - 1)) == 0);
      if (model.depends_on_context()) return;
      Memories memories;
      const int64_t first = begin + 1;
      Batch beginning = read;
      beginning.tokens = read.tokens.narrow(1, 0, first);
      std::vector<Tensor> steps{model.logits(beginning, &memories)};
      for (int64_t t = first; t < read.tokens.size(1); ++t)
        steps.push_back(model.logits({.tokens = read.tokens.narrow(1, t, 1)}, &memories));
      CHECK(A::gap(at::cat(steps, 1), whole) < 1e-10);
    });
  }
}

TEST_CASE("every parameter of every architecture learns") {
  for (const char* name : {"unilm", "encoder", "encoder_decoder", "shared"}) {
    A::each(name, [&](const A::Method&, const std::string&, Model& model) {
      model.train();
      const int64_t length = A::readable(model);
      const bool splits = std::string(name) != "encoder";
      Batch example = A::example(3, length, {splits ? length / 2 : 0});
      model.logits(model.arrange(example)).square().sum().backward();
      for (const auto& item : model.named_parameters()) {
        INFO(item.key());
        REQUIRE(item.value().grad().defined());
        CHECK(item.value().grad().abs().max().item<double>() > 0);
      }
    });
  }
}

TEST_CASE("examples with inputs of different lengths are what each would be alone") {
  const at::NoGradGuard off;
  for (const char* stack : {"[]", "[rope]", "[rope, {rerope: {window: 3}}]", "[alibi]", "[rope, log_n]"}) {
    for (const std::string& rest : A::mixers()) {
      INFO(stack << " with " << rest);
      const config::Node encoding = config::parse_yaml(
          fmt::format("{{stack: {}, cross: {}}}", std::string(stack) == "[]" ? "[rope]" : stack, stack), "encoding");
      for (const char* name : {"encoder_decoder", "shared"}) {
        const auto model = A::make(name, rest, encoding);
        const Batch together = A::example(4, 12, {5, 0, 3, 9});
        const Batch read = model->arrange(together);
        const Tensor logits = model->logits(read);
        for (int64_t row = 0; row < 4; ++row) {
          const Batch alone = model->arrange({.tokens = together.tokens.narrow(0, row, 1),
                                              .targets = together.targets.narrow(0, row, 1),
                                              .prefix = together.prefix.narrow(0, row, 1)});
          const int64_t written = alone.tokens.size(1);
          CHECK(A::gap(logits.narrow(0, row, 1).narrow(1, 0, written), model->logits(alone)) < 1e-10);
          const Tensor targets = read.targets[row];
          CHECK(at::equal(targets.narrow(0, 0, written), alone.targets[0]));
          CHECK((targets.narrow(0, written, targets.size(0) - written) == kIgnore).all().item<bool>());
        }
      }
    }
  }
}

TEST_CASE("cross-attention is the rectangle of causal attention that source and output would have as one text") {
  const at::NoGradGuard off;
  constexpr int64_t source = 9, tokens = 16;
  int64_t seen = 0;
  for (const laws::LawSubject& subject : laws::law_subjects()) {
    INFO(subject.yaml);
    const Stack stack = laws::make_stack(subject.yaml, laws::law_shape());
    make_exact(stack);
    const Traits traits = stack.traits(false);
    if (traits.gates || traits.looks_ahead || stack.longest_text() < tokens) continue;
    const laws::Content c(stack.shape(), tokens);
    Given one_text;
    one_text.visible.lengths = at::full({2}, source, at::kLong);
    const Tensor whole = attend(laws::plan_of(stack, c, one_text, false), c.v).narrow(2, source, tokens - source);
    const auto output = [](const Tensor& x, int64_t axis) { return x.narrow(axis, source, tokens - source); };
    const Tensor across =
        attend(stack.plan_across(output(c.q, 2), c.k.narrow(2, 0, source), output(c.hidden, 1), {}, {}, source, false),
               c.v.narrow(2, 0, source));
    CHECK(A::gap(across, whole) < 1e-10);
    const Tensor step = attend(stack.plan_across(c.q.narrow(2, tokens - 1, 1), c.k.narrow(2, 0, source),
                                                 c.hidden.narrow(1, tokens - 1, 1), {}, {}, tokens - 1, false),
                               c.v.narrow(2, 0, source));
    if (!traits.depends_on_context) CHECK(A::gap(step, whole.narrow(2, tokens - source - 1, 1)) < 1e-10);
    ++seen;
  }
  CHECK(seen > 60);
}

TEST_CASE("what an architecture cannot mean is refused in one sentence") {
  const auto refusal = [](const char* name, const char* encoding) -> std::string {
    try {
      A::make(name, A::mixers().front(), config::parse_yaml(encoding, "encoding"));
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  using Catch::Contains;
  CHECK_THAT(refusal("unilm", "stack: [rope, xpos]"), Contains("keys before the query only"));
  CHECK_THAT(refusal("encoder_decoder", "stack: [rope, xpos]"), Contains("keys before the query only"));
  CHECK(refusal("encoder_decoder", "{encoder: [rope], decoder: [rope, xpos]}") == "accepted");
  CHECK_THAT(refusal("decoder", "{stack: [rope], cross: [rope]}"), Contains("model=encoder_decoder"));
  CHECK_THAT(refusal("encoder_decoder", "{stack: [rope], cross: [forget]}"), Contains("sums gates along one text"));
  CHECK_THAT(refusal("shared", "{encoder: [alibi], decoder: [rope]}"), Contains("are the same blocks"));
  CHECK_THAT(refusal("decoder", "stack: [rope, {order: {sees: all}}]"), Contains("a decoder would copy them"));
  CHECK(refusal("encoder", "stack: [rope, {order: {sees: future}}]") == "accepted");
  CHECK_THAT(refusal("encoder_decoder", "{stack: [rope], cross: [rope, {ordr: {}}]}"), Contains("did you mean"));
}

TEST_CASE("an encoder-decoder is not judged on what it does not predict") {
  const auto model = A::make("encoder_decoder", A::mixers().front(), config::parse_yaml("stack: [rope]", "encoding"));
  Batch example = A::example(2, 12, {5});
  example.targets = A::words(2, 12);
  CHECK_THROWS_WITH(model->arrange(example), Catch::Contains("objective.loss=output"));
  example.targets.narrow(1, 0, 5).fill_(kIgnore);
  CHECK_NOTHROW(model->arrange(example));
}

TEST_CASE("a bag of words is said, and only where it is one") {
  const auto remarks = [](const char* name, const char* encoding) {
    return A::make(name, A::mixers().front(), config::parse_yaml(encoding, "encoding"))->remarks().size();
  };
  CHECK(remarks("unilm", "stack: []") == 1);
  CHECK(remarks("encoder", "stack: [key_norm]") == 1);
  CHECK(remarks("encoder_decoder", "stack: []") == 1);
  CHECK(remarks("decoder", "stack: []") == 0);
  CHECK(remarks("encoder", "stack: [alibi]") == 0);
  CHECK(remarks("encoder",
                "groups: {past: {heads: 2, stack: [{order: {sees: past}}]}, future: [{order: {sees: "
                "future}}]}") == 0);
}
