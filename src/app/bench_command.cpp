#include "app/bench_command.h"

#include "app/config_flags.h"
#include "base/error.h"
#include "base/text.h"
#include "experiment/bench.h"
#include "result/bench_record.h"

#include <algorithm>
#include <charconv>

namespace lx {
namespace {

struct BenchWords {
  const Arguments& arguments;

  template <class Number>
  std::optional<Number> number(const char* flag) const {
    const auto text = arguments.get(flag);
    if (!text) return std::nullopt;
    Number value{};
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || !(value > 0))
      throw UsageError(fmt::format("--{} wants a {}number above 0, got '{}'", flag,
                                   std::is_integral_v<Number> ? "whole " : "", *text));
    return value;
  }

  std::vector<std::string> parts(const std::string& text) const {
    std::vector<std::string> all;
    for (const std::string& part : split(text, ',')) {
      if (std::find(bench_parts().begin(), bench_parts().end(), part) == bench_parts().end())
        throw UsageError(fmt::format("--part: there is no '{}'{} (known: {})", part, did_you_mean(part, bench_parts()),
                                     join(bench_parts(), ", ")));
      all.push_back(part);
    }
    return all;
  }

  /// What another build must be given besides the settings.
  std::vector<std::string> passed_on() const {
    std::vector<std::string> all;
    for (const auto& [flag, value] : arguments.flags) {
      static const std::vector<std::string> own{"with", "json", "out", "rounds", "seconds"};
      if (std::find(own.begin(), own.end(), flag) == own.end()) all.push_back(fmt::format("--{}={}", flag, value));
    }
    return all;
  }

  BenchOptions options() const {
    BenchOptions out;
    out.seconds = number<double>("seconds").value_or(out.seconds);
    out.rounds = number<int64_t>("rounds").value_or(out.rounds);
    out.tokens = number<int64_t>("tokens");
    if (const auto text = arguments.get("part")) out.parts = parts(*text);
    out.against = arguments.get("against").value_or("");
    out.other = arguments.get("with").value_or("");
    if (arguments.has("profile")) out.profiled = arguments.has("part") ? out.parts : std::vector<std::string>{"train"};
    out.json = arguments.has("json");
    out.out = arguments.get("out").value_or("");
    if (!out.other.empty()) {
      for (const char* flag : {"against", "profile"})
        if (arguments.has(flag))
          throw UsageError(fmt::format("--with holds two builds against each other: leave --{} out", flag));
      out.words = passed_on();
    }
    return out;
  }
};

int bench_words(const Arguments& arguments) {
  return bench(config_request(arguments), BenchWords{arguments}.options());
}

}  // namespace

Command bench_command() {
  return {
      "bench",
      "lx bench [KEY=VALUE ...]",
      "how fast configurations train and score here, and in how much memory",
      "Random tokens; no corpus is needed. Several values of a key make a grid, whose cells take turns, round by "
      "round.\n"
      "A step has 4096 tokens unless train.batch, an experiment file or --tokens says otherwise. GFLOP/s count the\n"
      "exact work of products and attention; the roof is oneDNN's rate, measured in every round.\n\n"
      "  lx bench length=128,512,2048 encoding=rope,rerope\n"
      "  lx bench length=512 runtime.threads=1,2 --against runtime.threads=1 --profile\n"
      "  lx bench --with ../other/build/release/bin/lx length=512\n"
      "  lx bench --part attention length=16384 'encoding.stack=[rope],[rope,{window: {size: 16}}]'",
      with_config_flags(
          {{"seconds", "", "S", "how long each thing is timed, over all rounds; scoring a quarter of it (10)"},
           {"rounds", "", "R", "turns that each cell takes (5)"},
           {"tokens", "", "N", "tokens of a step: chooses the batch (4096)"},
           {"part", "", "NAME,...",
            "train, eval, attention (alone, forward), attention_train (both ways) (train,eval)"},
           {"against", "", "CELL", "the cell that others are held against: its number, or KEY=VALUE,... (the first)"},
           {"with", "", "PROGRAM", "another build of lx, which measures the same in turn"},
           {"profile", "", "", "where the time of a step (or of what --part names) goes, by named part"},
           {"json", "", "", "a line of JSON for each cell and row"},
           {"out", "", "FILE.h5", "where the numbers go (bench/<time>.h5 in the folder of results)"}}),
      bench_words,
      true};
}

}  // namespace lx
