// What lx show says of encodings agrees with the formulas they are known by, and with counting pairs one by one.
#include "base/error.h"
#include "catch.h"
#include "config/compose.h"
#include "config/yaml.h"
#include "experiment/diagnostics.h"
#include "experiment/encoding_view.h"
#include "report/encoding_json.h"
#include "report/encoding_svg.h"
#include "report/encoding_text.h"

#include <ATen/ATen.h>

#include <cmath>

using namespace lx;

namespace {

/// The configuration of a tiny model; `words` as on the command line.
struct Shown {
  EncodingView view;

  explicit Shown(std::vector<std::string> words, const ViewRequest& request = {}) {
    words.insert(words.begin(), {"model=tiny", "runtime=one_thread"});
    const fs::path configs = fs::absolute("configs");
    view =
        view_encoding(make_run_config({.search_path = {configs}, .config_name = "run", .overrides = words}), request);
  }

  const StackView& stack(size_t kind = 0) const { return view.kinds.at(kind).stacks.at(0); }

  const config::Map& numbers(const std::string& name, size_t kind = 0) const {
    for (const auto* all : {&view.diagnostics, &stack(kind).diagnostics})
      for (const Diagnostic& found : *all)
        if (found.name == name) return found.numbers;
    FAIL("no diagnostic " << name);
    std::abort();
  }
  double number(const std::string& name, const std::string& key, size_t kind = 0) const {
    return numbers(name, kind).find(key)->real();
  }
};

/// What no modifier of ours does: blocks, sinks, positions that are no function of distance, gates that read content,
/// a table.
struct Peculiar final : ScoreModifier {
  int64_t block = 0, sinks = 0;
  bool squares = false, reads = false;

  void reveal(Visibility& visible, const Scene&) const override {
    visible.block = block;
    visible.sinks = sinks;
  }
  void place(Bands& bands, const Scene&) const override {
    if (!squares) return;
    bands.home().query = bands.home().query.square();
    bands.home().key = bands.home().key.square();
  }
  void sharpen(Tensor& gain, const Tensor&, const Scene& scene) const override {
    if (reads) gain = gain * scene.hidden.mean(-1).unsqueeze(1);
  }
  Tensor bias(const Tensor& distance, const Scene& scene) const override {
    return -distance.unsqueeze(0).expand({scene.shape.heads, distance.size(0)});
  }
  std::optional<int64_t> bucket(int64_t distance) const override { return std::min<int64_t>(distance / 10, 4); }
  Traits traits() const override { return {.reads_input = reads}; }
  void define(PairRule&) const override {}
};

Stack peculiar(Peculiar modifier) {
  const Shape shape{.heads = 2, .key_heads = 2, .head_dim = 4, .width = 8, .trained_length = 16};
  return Stack(shape, {{"peculiar", When::both, std::make_shared<Peculiar>(modifier), questions_of<Peculiar>(), "{}"}});
}

}  // namespace

TEST_CASE("rope's frequencies are powers of its base") {
  const Shown shown({"+model.mixer.head_dim=64", "length=128"});
  REQUIRE(shown.stack().theta.size() == 32);
  for (size_t m = 0; m < 32; ++m)
    CHECK(shown.stack().theta[m] == Approx(std::pow(10000, -static_cast<double>(m) / 32)).epsilon(1e-12));
  // theta N < 2 pi from m = 11 on: 10000^(-11/32) * 128 = 5.4
  CHECK(shown.number("slow_pairs", "slow") == 21);
  CHECK(shown.stack().trained_theta == shown.stack().theta);
}

TEST_CASE("rerope's positions stop at its window") {
  const Shown shown({"encoding.stack=[rope,{rerope: {window: 4}}]"}, {.queries = {9}});
  const RowView& row = shown.stack().rows.at(0);
  CHECK(std::vector<double>(row.relative.begin(), row.relative.begin() + 10) ==
        std::vector<double>{4, 4, 4, 4, 4, 4, 3, 2, 1, 0});
  CHECK(row.visible == Ranges{{0, 10}});
  const auto all = stretches(row);
  REQUIRE(all.size() == 2);
  CHECK((all[0].from == 0 && all[0].to == 6 && all[0].first == 4 && all[0].last == 4));
  CHECK((all[1].to == 10 && all[1].first == 3 && all[1].last == 0 && all[1].step == -1));
}

TEST_CASE("the windows of HWFA reach as far as their sizes add up to") {
  const Shown shown(
      {"encoding=hwfa", "length=512", "model.layers=24", "encoding.layers.rest=[rope,{window: {size: 16}}]"});
  CHECK(shown.number("receptive_field", "tokens") == 346);
  CHECK(shown.number("receptive_field", "alpha") == Approx(0.676).epsilon(1e-3));
  REQUIRE(shown.view.kinds.size() == 2);
  CHECK(shown.view.kinds[0].layers.size() == 23);
  CHECK(shown.view.kinds[1].layers == std::vector<int64_t>{23});
  CHECK(shown.stack(0).seen_at_last == 16);
  CHECK(shown.stack(1).seen_at_last == 4096);
}

TEST_CASE("the smallest admissible bases are those of kexue.fm 10122") {
  const auto near = [](double want) { return Approx(want).epsilon(0.01); };
  const Shown wide({"+model.mixer.head_dim=128", "length=1024"}, {.length = 2048});
  CHECK(wide.number("favoured_base", "base") == Approx(10000));
  CHECK(wide.number("favoured_base", "smallest_base_for_trained") == near(4.29e3));
  CHECK(wide.number("favoured_base", "smallest_base_for_tested") == near(1.16e4));
  CHECK(wide.number("favoured_base", "first_unfavoured_tested") == 1707);
  CHECK(wide.numbers("favoured_base").find("first_unfavoured_trained")->is_null());
  const Shown narrow({"+model.mixer.head_dim=64", "length=512"}, {.length = 1024});
  CHECK(narrow.number("favoured_base", "smallest_base_for_trained") == near(3.44e3));
  CHECK(narrow.number("favoured_base", "smallest_base_for_tested") == near(7.75e3));
  CHECK(narrow.number("favoured_base", "first_unfavoured_tested") == 725);
  const Shown shorter({"+model.mixer.head_dim=128", "length=256"}, {.length = 512});
  CHECK(shorter.number("favoured_base", "smallest_base_for_tested") == near(2.07e3));
}

TEST_CASE("plain rope meets positions it never saw, rerope none") {
  const Shown plain({"length=64"});
  CHECK(plain.numbers("unseen_positions").find("unseen_positions")->string() == "64-511");
  CHECK(plain.number("unseen_positions", "unseen") == 448);
  CHECK(plain.number("unseen_positions", "shown_least") == 1);
  CHECK(plain.number("unseen_positions", "shown_most") == 64);
  // Pairs at distances 64..511 of 512 * 513 / 2.
  CHECK(plain.number("unseen_positions", "unseen_share_of_pairs") == Approx(448 * 449.0 / (512 * 513.0)));
  const Shown rerope({"length=64"}, {.variant = "rerope"});
  CHECK(rerope.number("unseen_positions", "unseen") == 0);
  CHECK(rerope.stack().trained_last.relative.front() == 63);  // trained without the variant
  const Shown leaky({"length=64", "+eval.variants.leaky=[{rerope: {window: 32, interval: 0.05}}]"},
                    {.variant = "leaky"});
  CHECK(leaky.number("unseen_positions", "outside") == 0);
  CHECK(leaky.number("unseen_positions", "unseen") > 400);  // fractions between trained positions
}

TEST_CASE("entropy of random content grows with the log of the length, less with log n") {
  const Shown plain({"+model.mixer.head_dim=64", "length=128"});
  CHECK(plain.number("entropy", "growth") == Approx(std::log(8)).margin(0.1));
  const Shown sharpened({"+model.mixer.head_dim=64", "length=128", "encoding=rope_logn"});
  CHECK(sharpened.number("entropy", "growth") < plain.number("entropy", "growth") - 0.2);
  CHECK(sharpened.number("entropy", "growth_without_gain") == Approx(std::log(8)).margin(0.15));
}

TEST_CASE("positions are counted as pair by pair, whatever the mask and the map") {
  for (const int64_t block : {0, 3, 5}) {
    for (const int64_t sinks : {0, 2, 7}) {
      for (const bool squares : {false, true}) {
        INFO("block " << block << ", sinks " << sinks << (squares ? ", squares" : ""));
        Peculiar modifier;
        modifier.block = block;
        modifier.sinks = sinks;
        modifier.squares = squares;
        const Stack stack = peculiar(modifier);
        const StackProbe probe(stack, 23, false);
        std::map<double, double> one_by_one;
        for (int64_t i = 0; i < 23; ++i) {
          const RowView row = probe.row(i);
          for (const auto& [from, to] : row.visible)
            for (int64_t key = from; key < to; ++key) one_by_one[row.relative[static_cast<size_t>(key)]] += 1;
        }
        CHECK(probe.count_positions().pairs == one_by_one);
      }
    }
  }
}

TEST_CASE("what depends on content is named, not made up") {
  Peculiar modifier;
  modifier.reads = true;
  const Stack stack = peculiar(modifier);
  const StackProbe probe(stack, 20, false);
  CHECK(probe.gain({3}).empty());
  CHECK(probe.added().data_dependent == std::vector<std::string>{"peculiar"});
  CHECK(probe.bias({0, 3}) == std::vector<std::vector<double>>{{0, -3}});  // all heads alike
}

TEST_CASE("entries of a table that training never reached are counted") {
  const Stack stack = peculiar({});
  const StackProbe trained(stack, 16, true), tested(stack, 128, false);
  const Diagnostic found = unseen_buckets({trained, tested});
  CHECK(found.numbers.find("buckets")->integer() == 5);
  CHECK(found.numbers.find("unseen_buckets")->string() == "2-4");
  CHECK_THAT(found.text, Catch::Contains("relative positions 20-127"));
}

TEST_CASE("every ready encoding can be shown: text, JSON that reads back, a picture") {
  for (const std::string& name : config::options({fs::absolute("configs")}, "encoding")) {
    for (const bool training : {false, true}) {
      INFO(name << (training ? ", training" : ""));
      // Forward-backward attention has its place in encoders only.
      const std::string model = name.starts_with("forward_backward") ? "model=encoder" : "model=tiny";
      const EncodingView view =
          Shown({model, "encoding=" + name, "length=32", "model.layers=4"}, {.training = training}).view;
      CHECK_THAT(encoding_text(view), Catch::Contains("encoding=" + name) && Catch::Contains("who sees whom"));
      const config::Node read = config::parse_json(encoding_json(view), "json");
      CHECK(read.find("trained_length")->integer() == 32);
      const std::string picture = draw_encoding(view);
      CHECK(picture.starts_with("<svg"));
      CHECK(picture.find("\"nan") == std::string::npos);  // a coordinate; names may hold the letters (resonance)
      CHECK(picture.find(" nan") == std::string::npos);
      CHECK(picture.find(",nan") == std::string::npos);
    }
  }
}

TEST_CASE("an encoder is shown as it reads: both ways, on its own text, one part at a time") {
  const std::vector<std::string> both{"model=encoder_decoder", "encoding=rope", "length=32"};
  const EncodingView encoder = Shown(both).view, decoder = Shown(both, {.part = "decoder"}).view;
  for (const EncodingView* view : {&encoder, &decoder}) {
    CHECK(view->trained_length == 16);
    CHECK(view->layers == 3);
  }
  const StackView &all = encoder.kinds.at(0).stacks.at(0), &past = decoder.kinds.at(0).stacks.at(0);
  CHECK(all.sees == "all");
  CHECK(all.seen_at_trained == encoder.length);
  CHECK(past.sees == "past");
  CHECK(past.seen_at_trained == 16);
  CHECK_THAT(encoding_text(encoder), Catch::Contains("the encoder") && Catch::Contains("all keys on both sides"));
  CHECK_THROWS_WITH(Shown(both, {.part = "cross"}), Catch::Contains("its parts: encoder, decoder"));
  CHECK_THROWS_WITH(Shown({"encoding=rope"}, {.part = "decoder"}), Catch::Contains("it is one stack"));
}

TEST_CASE("what is not there is refused in one sentence") {
  using Catch::Contains;
  CHECK_THROWS_WITH(Shown({}, {.layers = {7}}), Contains("there is no layer 7") && Contains("0 to 1"));
  CHECK_THROWS_WITH(Shown({"length=32"}, {.queries = {256}}), Contains("there is no query 256"));
  CHECK_THROWS_WITH(Shown({}, {.variant = "reropee"}), Contains("did you mean 'rerope'?"));
  CHECK_THROWS_WITH(Shown({"encoding=nope"}, {.variant = "ntk"}),
                    Contains("eval.variants.ntk") && Contains("add rope"));
}
