#include "experiment/generate_report.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "data/clean.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <utility>

namespace lx {
namespace {

/// One text of a prompt: a sample, or what a beam search ended with.
struct WrittenText {
  Hypothesis text;
  bool searched = false;  // has a score
};

struct GenerationTexts {
  const GenerationReport& report;

  std::vector<WrittenText> of_prompt(size_t prompt) const {
    const Generation& generation = report.generation;
    std::vector<WrittenText> texts;
    if (!generation.beams.empty()) {
      for (const Hypothesis& one : generation.beams[prompt]) texts.push_back({one, true});
      return texts;
    }
    const auto samples = static_cast<size_t>(report.request.samples);
    for (size_t row = prompt * samples; row < (prompt + 1) * samples; ++row) {
      const int64_t length = generation.lengths[row];
      const Tensor logs = generation.log_probabilities[static_cast<int64_t>(row)].narrow(0, 0, length).contiguous();
      Hypothesis one;
      one.tokens = written_tokens(generation.tokens[static_cast<int64_t>(row)]);
      one.log_probabilities.assign(logs.data_ptr<double>(), logs.data_ptr<double>() + length);
      one.ended = generation.ended[row];
      texts.push_back({std::move(one), false});
    }
    return texts;
  }

  /// Fewer tokens than were asked for, and no stop says why.
  bool interrupted() const {
    const Generation& generation = report.generation;
    for (size_t row = 0; row < generation.lengths.size(); ++row)
      if (generation.lengths[row] < report.request.tokens && !generation.ended[row]) return true;
    return false;
  }

  double rate() const {
    const Generation& generation = report.generation;
    const auto written = std::accumulate(generation.lengths.begin(), generation.lengths.end(), int64_t{0});
    return generation.write_seconds > 0 ? static_cast<double>(written) / generation.write_seconds : 0;
  }
};

/// For JSON, which holds nothing but UTF-8: each byte that is none becomes U+FFFD.
std::string as_utf8(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const size_t length = utf8_length(bytes);
    text += length > 0 ? bytes.substr(0, length) : "\xEF\xBF\xBD";
    bytes.remove_prefix(std::max<size_t>(length, 1));
  }
  return text;
}

template <class T>
config::Node list_of(const std::vector<T>& values) {
  return config::List(values.begin(), values.end());
}

config::Node name_or_null(const std::string& name) { return name.empty() ? config::Node() : config::Node(name); }

config::Node prompt_node(const Prompt& prompt, const Task& task) {
  config::Node node{config::Map{}};
  node.set("document", name_or_null(prompt.document));
  node.set("text", as_utf8(task.decode(prompt.tokens)));
  node.set("tokens", list_of(prompt.tokens));
  return node;
}

config::Node sample_nodes(const std::vector<WrittenText>& texts, const Task& task) {
  config::List samples;
  for (const WrittenText& one : texts) {
    config::Node sample{config::Map{}};
    sample.set("text", as_utf8(task.decode(one.text.tokens)));
    sample.set("tokens", list_of(one.text.tokens));
    sample.set("log_probabilities", list_of(one.text.log_probabilities));
    if (one.searched) sample.set("score", one.text.score);
    sample.set("ended", one.text.ended);
    samples.push_back(std::move(sample));
  }
  return samples;
}

config::Node settings_node(const GenerateRequest& request) {
  config::Node node{config::Map{}};
  node.set("variant", name_or_null(request.variant));
  node.set("tokens", request.tokens);
  node.set("samples", request.samples);
  node.set("temperature", request.sampling.temperature);
  node.set("top_k", request.sampling.top_k);
  node.set("top_p", request.sampling.top_p);
  node.set("seed", request.seed);
  config::List stops;
  for (const std::string& stop : request.stop) stops.push_back(as_utf8(stop));
  node.set("stop", std::move(stops));
  node.set("beams", request.beams);
  node.set("length_penalty", request.length_penalty);
  return node;
}

}  // namespace

std::vector<int64_t> written_tokens(const Tensor& row) {
  const Tensor whole = row.to(at::kCPU, at::kLong).contiguous();
  const int64_t* begin = whole.data_ptr<int64_t>();
  return {begin, std::find(begin, begin + whole.numel(), int64_t{-1})};
}

config::Node to_node(const GenerationReport& report, const Task& task) {
  const GenerationTexts texts{report};
  config::Node all{config::Map{}};
  all.set("run", report.run);
  all.set("step", report.step);
  if (report.prompts.size() == 1) {
    all.set("prompt", prompt_node(report.prompts.front(), task));
  } else {
    config::List prompts;
    for (size_t i = 0; i < report.prompts.size(); ++i) {
      config::Node node = prompt_node(report.prompts[i], task);
      node.set("samples", sample_nodes(texts.of_prompt(i), task));
      prompts.push_back(std::move(node));
    }
    all.set("prompts", std::move(prompts));
  }
  all.set("settings", settings_node(report.request));
  if (report.prompts.size() == 1) all.set("samples", sample_nodes(texts.of_prompt(0), task));
  all.set("stopped", texts.interrupted());
  all.set("seconds", report.generation.write_seconds);
  all.set("tokens_per_second", texts.rate());
  if (report.check) {
    all.set("check.largest_difference", report.check->difference);
    all.set("check.depends_on_context", report.check->by_design);
  }
  return all;
}

void print_samples(const GenerationReport& report, const Task& task) {
  const GenerationTexts texts{report};
  for (size_t prompt = 0; prompt < report.prompts.size(); ++prompt) {
    const std::vector<WrittenText> written = texts.of_prompt(prompt);
    for (size_t i = 0; i < written.size(); ++i) {
      const std::string text = task.decode(written[i].text.tokens);
      const std::string which = report.prompts.size() == 1 ? fmt::format("{}", i + 1)
                                : written.size() == 1      ? fmt::format("prompt {}", prompt + 1)
                                                           : fmt::format("prompt {}, {}", prompt + 1, i + 1);
      const std::string score = written[i].searched ? fmt::format(", score {:.4f}", written[i].text.score) : "";
      print_text(fmt::format("--- {}{}\n{}{}", which, score, text, text.ends_with('\n') ? "" : "\n"));
    }
  }
}

void tell_time(const GenerationReport& report) {
  const Generation& generation = report.generation;
  const std::string each = generation.lengths.size() > 1 ? fmt::format("{} x ", generation.lengths.size()) : "";
  size_t least = report.prompts.front().tokens.size(), most = least;
  for (const Prompt& prompt : report.prompts) {
    least = std::min(least, prompt.tokens.size());
    most = std::max(most, prompt.tokens.size());
  }
  const std::string prompts = report.prompts.size() == 1
                                  ? fmt::format("a prompt of {}", least)
                                  : fmt::format("{} prompts of {} to {}", report.prompts.size(), least, most);
  log::info("{}{} tokens in {:.2f} s ({:.0f} tokens/s), after {} read in {:.2f} s", each, generation.tokens.size(1),
            generation.write_seconds, GenerationTexts{report}.rate(), prompts, generation.read_seconds);
}

void print_text(const std::string& text) {
  const bool done = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  require(done, "cannot write to standard output: {}", std::strerror(errno));
}

}  // namespace lx
