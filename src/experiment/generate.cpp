#include "experiment/generate.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/override.h"
#include "encoding/stack_config.h"
#include "experiment/generate_report.h"
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

Prompt opening_of_a_document(const RunConfig& config, const Task& task, int64_t tokens) {
  TextRequest request;
  for (const Split split : kSplits) {
    if (split_name(split) == config.eval.split) request.split = split;
  }
  request.length = tokens;
  request.windows = 1;
  request.openings = true;
  const Text text = task.text(request);
  return {written_tokens(text.tokens[0].narrow(0, 0, tokens)),
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

OnePassCheck compare(Model& model, const std::vector<Tensor>& prompts, const Generation& generation) {
  const OnePassCheck check{difference_from_one_pass(model, prompts, generation), model.depends_on_context()};
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
    require(request.prompts.empty() || key != "eval.split",
            "override '{}' has no effect on a prompt that is given: leave --prompt out", text);
  }
  return reopen_configuration(folder, overrides, {"eval.variants", "eval.split", "runtime."}, "generating");
}

/// What a model was trained to go on from: an input and the token where writing begins, or a text of N tokens.
int64_t trained_prompt(const RunConfig& config, const Task& task) {
  const int64_t input = objective_of(config, task.vocabulary())->parts().input;
  return input > 0 ? input + 1 : config.length;
}

std::vector<Prompt> prompts_for(const GenerateRequest& request, const RunConfig& config, const Task& task) {
  std::vector<Prompt> prompts;
  for (const std::string& prompt : request.prompts) prompts.push_back({task.encode(prompt), ""});
  if (!prompts.empty()) return prompts;
  const int64_t tokens = request.prompt_tokens.value_or(trained_prompt(config, task));
  require(tokens > 0, "a prompt of {} tokens is empty: a model needs at least one token to go on from", tokens);
  return {opening_of_a_document(config, task, tokens)};
}

void announce(const GenerationReport& report, const Task& task) {
  const std::string& variant = report.request.variant;
  log::info("{}, step {}, {}", report.run, report.step, variant.empty() ? "as trained" : "variant " + variant);
  const Prompt& first = report.prompts.front();
  if (first.document.empty() || report.request.json) return;
  log::info("prompt: the first {} tokens of {}\n{}\n---", first.tokens.size(), first.document,
            task.decode(first.tokens));
}

/// A row for each sample of each prompt; a beam search makes its own.
std::vector<Tensor> rows_for(const Model& model, const GenerationReport& report) {
  std::vector<Tensor> rows;
  const int64_t longest = model.longest_text();
  for (const Prompt& prompt : report.prompts) {
    const Tensor tokens = at::tensor(prompt.tokens, at::kLong);
    require(tokens.numel() > 0, "the prompt is empty: a model needs at least one token to go on from");
    const int64_t read = longest_read(model, tokens, report.request.tokens);
    require(read <= longest,
            "this model reads at most {} tokens, and a prompt of {} with {} more asks for {}: ask for fewer, or choose "
            "a variant that reads on",
            longest, tokens.numel(), report.request.tokens, read);
    rows.insert(rows.end(), static_cast<size_t>(report.request.samples), tokens);
  }
  return rows;
}

GenerateOptions options_for(const GenerateRequest& request, const Task& task) {
  GenerateOptions options;
  options.tokens = request.tokens;
  options.sampling = request.sampling;
  options.random = Random(static_cast<uint64_t>(request.seed)).fork("generate");
  options.keep_logits = request.check;
  for (const std::string& stop : request.stop) options.stop.push_back(task.encode(stop));
  options.beams = request.beams;
  options.length_penalty = request.length_penalty;
  return options;
}

/// Writes, and shows it while it is written when there is one text.
Generation write(Model& model, const std::vector<Tensor>& rows, const GenerateOptions& options, bool streams,
                 const Task& task) {
  bool ends_a_line = true;
  Generation generation = generate(model, rows, options, [&](const Tensor& tokens) {
    if (streams && tokens.defined()) {
      const std::string text = task.decode(written_tokens(tokens));
      print_text(text);
      ends_a_line = text.ends_with('\n');
    }
    return interrupt_signal() == 0;
  });
  if (!ends_a_line) print_text("\n");
  return generation;
}

}  // namespace

int generate_text(const RunFolder& folder, const std::vector<std::string>& overrides, const GenerateRequest& request) {
  log::keep_output_clean(true);
  const RunConfig config = read_run_config(configuration_for(folder, overrides, request));
  apply(config.runtime);
  const auto task = make_task(config.data);
  const Checkpoint checkpoint = newest_checkpoint(folder);
  const auto model = trained_model(config, *task, request.variant, checkpoint);
  GenerationReport report{
      shown(folder.path), checkpoint.state.step, request, prompts_for(request, config, *task), {}, {}};
  if (request.prompts.empty() && checkpoint.state.data_hash != task->content_hash())
    log::warning("the corpus has changed since this run was trained: it may have been trained on this very prompt");
  const std::vector<Tensor> rows = rows_for(*model, report);
  announce(report, *task);

  const InterruptGuard guard;
  const bool streams = rows.size() == 1 && request.beams == 1 && !request.json;
  report.generation = write(*model, rows, options_for(request, *task), streams, *task);
  if (!streams && !request.json) print_samples(report, *task);
  if (interrupt_signal()) log::info("interrupted: this is what there is");
  tell_time(report);
  if (request.check && report.generation.logits.defined()) report.check = compare(*model, rows, report.generation);
  if (request.json) print_text(config::to_json(to_node(report, *task)) + "\n");
  return interrupt_signal();
}

}  // namespace lx
