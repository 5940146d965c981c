#include "experiment/generate.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/override.h"
#include "data/clean.h"
#include "encoding/stack_config.h"
#include "experiment/reopen.h"
#include "experiment/scoring.h"
#include "model/generate.h"
#include "task/registry.h"
#include "train/interrupt.h"
#include "train/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

namespace lx {
namespace {

std::vector<int64_t> token_list(const Tensor& row) {
  const Tensor whole = row.to(at::kCPU, at::kLong).contiguous();
  return {whole.data_ptr<int64_t>(), whole.data_ptr<int64_t>() + whole.numel()};
}

struct Prompt {
  std::vector<int64_t> tokens;
  std::string document;  // where it was taken from; empty: given
};

Prompt opening_of_a_document(const RunConfig& config, const Task& task, int64_t tokens) {
  TextRequest request;
  for (const Split split : kSplits) {
    if (split_name(split) == config.eval.split) request.split = split;
  }
  request.length = tokens;
  request.windows = 1;
  request.openings = true;
  const Text text = task.text(request);
  return {token_list(text.tokens[0].narrow(0, 0, tokens)),
          text.document_names.at(static_cast<size_t>(text.document.front()))};
}

/// The model with the weights of a checkpoint and, unless `variant` is empty, the modifiers of that variant.
std::shared_ptr<Model> trained_model(const RunConfig& config, const Task& task, const std::string& variant,
                                     const Checkpoint& checkpoint) {
  config::Node post_hoc;
  if (!variant.empty()) {
    const config::Map& variants = config.eval.variants.map();
    const config::Node* found = variants.find(variant);
    const std::vector<std::string> known = variants.keys();
    require(found != nullptr, "there is no variant '{}'{} (this run has {}; '+eval.variants.NAME=[...]' adds one)",
            variant, did_you_mean(variant, known), join(known, ", "));
    post_hoc = *found;
  }
  try {
    auto model = fresh_model(config, task, post_hoc);
    load_weights(checkpoint.path, *model);
    return model;
  } catch (const DoesNotApply& reason) {
    fail("eval.variants.{}: {}", variant, reason.what());
  }
}

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

config::Node list_of(const std::vector<int64_t>& values) { return config::List(values.begin(), values.end()); }

void print_text(const std::string& text) {
  // Flushed by token: the reader watches it being written.
  const bool done = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  require(done, "cannot write to standard output: {}", std::strerror(errno));
}

double rate_of(const Generation& generation) {
  return generation.write_seconds > 0 ? static_cast<double>(generation.tokens.numel()) / generation.write_seconds : 0;
}

struct Check {
  double difference = 0;
  bool by_design = false;  // the model looks at the context's length
};

/// All there is to tell.
struct Report {
  std::string run;
  int64_t step = 0;
  const GenerateRequest& request;
  Prompt prompt;
  Generation generation;
  std::optional<Check> check;
};

config::Node sample_of(const Generation& generation, int64_t row, const Task& task) {
  const std::vector<int64_t> tokens = token_list(generation.tokens[row]);
  const double* logs = generation.log_probabilities.data_ptr<double>() + row * generation.tokens.size(1);
  config::Node sample{config::Map{}};
  sample.set("text", as_utf8(task.decode(tokens)));
  sample.set("tokens", list_of(tokens));
  sample.set("log_probabilities", config::List(logs, logs + tokens.size()));
  return sample;
}

config::Node to_node(const Report& report, const Task& task) {
  const auto name_or_null = [](const std::string& name) { return name.empty() ? config::Node() : config::Node(name); };
  const GenerateRequest& request = report.request;
  config::Node all{config::Map{}};
  all.set("run", report.run);
  all.set("step", report.step);
  all.set("prompt.document", name_or_null(report.prompt.document));
  all.set("prompt.text", as_utf8(task.decode(report.prompt.tokens)));
  all.set("prompt.tokens", list_of(report.prompt.tokens));
  all.set("settings.variant", name_or_null(request.variant));
  all.set("settings.tokens", request.tokens);
  all.set("settings.samples", request.samples);
  all.set("settings.temperature", request.sampling.temperature);
  all.set("settings.top_k", request.sampling.top_k);
  all.set("settings.top_p", request.sampling.top_p);
  all.set("settings.seed", request.seed);
  config::List samples;
  for (int64_t row = 0; row < report.generation.tokens.size(0); ++row)
    samples.push_back(sample_of(report.generation, row, task));
  all.set("samples", std::move(samples));
  all.set("stopped", report.generation.tokens.size(1) < request.tokens);
  all.set("seconds", report.generation.write_seconds);
  all.set("tokens_per_second", rate_of(report.generation));
  if (report.check) {
    all.set("check.largest_difference", report.check->difference);
    all.set("check.depends_on_context", report.check->by_design);
  }
  return all;
}

void print_samples(const Generation& generation, const Task& task) {
  for (int64_t row = 0; row < generation.tokens.size(0); ++row) {
    const std::string text = task.decode(token_list(generation.tokens[row]));
    print_text(fmt::format("--- {}\n{}{}", row + 1, text, text.ends_with('\n') ? "" : "\n"));
  }
}

void tell_time(const Generation& generation, int64_t prompt_tokens) {
  const std::string each = generation.tokens.size(0) > 1 ? fmt::format("{} x ", generation.tokens.size(0)) : "";
  log::info("{}{} tokens in {:.2f} s ({:.0f} tokens/s), after a prompt of {} read in {:.2f} s", each,
            generation.tokens.size(1), generation.write_seconds, rate_of(generation), prompt_tokens,
            generation.read_seconds);
}

Check compare(Model& model, const Tensor& prompt, const Generation& generation) {
  const Check check{difference_from_one_pass(model, prompt, generation), model.depends_on_context()};
  log::info("check: logits differ from one pass over prompt and text by {:.2g} at most{}", check.difference,
            check.by_design ? ", by design: a modifier here follows the length of the context, which grows with every "
                              "token that is written"
                            : "");
  return check;
}

/// Only what has an effect may be changed.
config::Node configuration_for(const RunFolder& folder, const std::vector<std::string>& overrides,
                               const GenerateRequest& request) {
  for (const std::string& text : overrides) {
    const std::string key = config::parse_override(text).key;
    require(!request.variant.empty() || !key.starts_with("eval.variants"),
            "override '{}' has no effect on the model as trained: name a variant with --variant NAME", text);
    require(!request.prompt || key != "eval.split",
            "override '{}' has no effect on a prompt that is given: leave --prompt out", text);
  }
  return reopen_configuration(folder, overrides, {"eval.variants", "eval.split", "runtime."}, "generating");
}

Prompt prompt_for(const GenerateRequest& request, const RunConfig& config, const Task& task) {
  if (request.prompt) return {task.encode(*request.prompt), ""};
  const int64_t tokens = request.prompt_tokens.value_or(config.length);
  require(tokens > 0, "a prompt of {} tokens is empty: a model needs at least one token to go on from", tokens);
  return opening_of_a_document(config, task, tokens);
}

void announce(const Report& report, const Task& task) {
  const std::string& variant = report.request.variant;
  log::info("{}, step {}, {}", report.run, report.step, variant.empty() ? "as trained" : "variant " + variant);
  if (report.prompt.document.empty() || report.request.json) return;
  log::info("prompt: the first {} tokens of {}\n{}\n---", report.prompt.tokens.size(), report.prompt.document,
            task.decode(report.prompt.tokens));
}

}  // namespace

int generate_text(const RunFolder& folder, const std::vector<std::string>& overrides, const GenerateRequest& request) {
  log::keep_output_clean(true);
  const RunConfig config = read_run_config(configuration_for(folder, overrides, request));
  apply(config.runtime);
  const auto task = make_task(config.data);
  const Checkpoint checkpoint = newest_checkpoint(folder);
  const auto model = trained_model(config, *task, request.variant, checkpoint);
  Report report{shown(folder.path), checkpoint.state.step, request, prompt_for(request, config, *task), {}, {}};
  if (!request.prompt && checkpoint.state.data_hash != task->content_hash())
    log::warning("the corpus has changed since this run was trained: it may have been trained on this very prompt");
  announce(report, *task);

  const InterruptGuard guard;
  const bool streams = request.samples == 1 && !request.json;
  bool ends_a_line = true;
  const Tensor prompt = at::tensor(report.prompt.tokens, at::kLong).unsqueeze(0).expand({request.samples, -1});
  const int64_t read = prompt.size(1) + request.tokens - 1, longest = model->longest_text();  // the last is not read
  require(read <= longest,
          "this model reads at most {} tokens, and a prompt of {} with {} more asks for {}: ask for fewer, or choose a "
          "variant that reads on",
          longest, prompt.size(1), request.tokens, read);
  GenerateOptions options;
  options.tokens = request.tokens;
  options.sampling = request.sampling;
  options.random = Random(static_cast<uint64_t>(request.seed)).fork("generate");
  options.keep_logits = request.check;
  report.generation = generate(*model, prompt, options, [&](const Tensor& tokens) {
    if (streams && tokens.defined()) {
      const std::string text = task->decode(token_list(tokens));
      print_text(text);
      ends_a_line = text.ends_with('\n');
    }
    return interrupt_signal() == 0;
  });
  if (!ends_a_line) print_text("\n");
  if (!streams && !request.json) print_samples(report.generation, *task);
  if (interrupt_signal()) log::info("interrupted: this is what there is");
  tell_time(report.generation, prompt.size(1));
  if (request.check && report.generation.logits.defined()) report.check = compare(*model, prompt, report.generation);
  if (request.json) print_text(config::to_json(to_node(report, *task)) + "\n");
  return interrupt_signal();
}

}  // namespace lx
