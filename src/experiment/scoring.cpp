#include "experiment/scoring.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "encoding/stack_config.h"
#include "eval/probe.h"
#include "report/progress.h"
#include "train/interrupt.h"
#include "train/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

namespace lx {

namespace {

const char* objective_name(Asks asked) {
  switch (asked) {
    case Asks::next_token:
      return "next_token";
    case Asks::continuation:
      return "continuation";
    case Asks::masked:
      return "masked";
  }
  return "";
}

/// What the model would refuse at the first step of training is refused now.
void try_example(const RunConfig& config, const Model& model, const Objective& objective) {
  const Tensor window = at::zeros({1, config.length}, at::kLong);
  (void)model.arrange(objective.examples({.tokens = window, .targets = window.clone()}, true, Random(0)));
}

void check_answers(const RunConfig& config, const Model& model, const Objective& objective) {
  if (model.answers(objective.asks())) return try_example(config, model, objective);
  std::vector<std::string> known;
  for (const Asks asked : {Asks::next_token, Asks::continuation, Asks::masked})
    if (model.answers(asked)) known.push_back(fmt::format("objective={}", objective_name(asked)));
  const config::Node* name = config.model.find("name");
  fail("model.name={} cannot be asked for objective={}: take {}", name ? name->string() : "decoder",
       objective_name(objective.asks()), join(known, " or "));
}

/// All variants read the trained weights where they lie: no copies of them, nor of what products make of them.
void share_strictly(const NamedTensors& trained, const NamedTensors& variant) {
  copy_strictly(trained, variant, "the trained model", "variant's model");  // throws where they do not go together
  const std::map<std::string, Tensor> weights(trained.begin(), trained.end());
  for (const auto& [name, tensor] : variant) tensor.set_data(weights.at(name).detach());
}

}  // namespace

std::unique_ptr<Objective> objective_of(const RunConfig& config, int64_t vocabulary) {
  return make_objective(config.objective, {.trained_length = config.length, .vocabulary = vocabulary});
}

ModelContext model_context(const RunConfig& config, const Objective& objective, int64_t vocabulary) {
  const Objective::Parts parts = objective.parts();
  return {.vocabulary = vocabulary + objective.extra_tokens(),
          .trained_length = config.length,
          .input_length = parts.input,
          .output_length = parts.output};
}

std::shared_ptr<Model> fresh_model(const RunConfig& config, int64_t vocabulary, const config::Node& post_hoc) {
  const auto objective = objective_of(config, vocabulary);
  auto model = build_model(config.model, config.encoding, post_hoc, model_context(config, *objective, vocabulary),
                           Random(static_cast<uint64_t>(config.seed)).fork("model"));
  check_answers(config, *model, *objective);
  if (config.runtime.device == Device::cuda) model->to(at::Device(at::kCUDA));
  return model;
}

std::shared_ptr<Model> fresh_model(const RunConfig& config, const Task& task, const config::Node& post_hoc) {
  return fresh_model(config, task.vocabulary(), post_hoc);
}

std::vector<std::string> try_variants(RunConfig& config, const Task& task) {
  std::vector<std::string> remarks;
  if (config.eval.probe) check_probe(*config.eval.probe, *fresh_model(config, task));
  config::Map applicable;
  for (const auto& [name, modifiers] : config.eval.variants.map()) {
    try {
      const int64_t longest = fresh_model(config, task, modifiers)->longest_text();
      const auto [least, most] = std::minmax_element(config.eval.lengths.begin(), config.eval.lengths.end());
      if (longest < *least)
        throw DoesNotApply(fmt::format("it reads at most {} tokens, and eval.lengths begins at {}", longest, *least));
      if (longest < *most) {
        if (config.eval.inapplicable == Inapplicable::refuse)
          throw DoesNotApply(fmt::format("it reads at most {} tokens, and eval.lengths reaches {}", longest, *most));
        remarks.push_back(
            fmt::format("variant {} reads at most {} tokens: longer texts are not scored", name, longest));
      }
      applicable[name] = modifiers;
    } catch (const DoesNotApply& reason) {
      if (config.eval.inapplicable == Inapplicable::refuse) {
        throw Error(fmt::format("eval.variants.{}: {} (eval.inapplicable=skip leaves it out)", name, reason.what()));
      }
      remarks.push_back(fmt::format("variant {} is left out: {}", name, reason.what()));
    } catch (const Error& error) {
      throw Error(fmt::format("eval.variants.{}: {}", name, error.what()));
    }
  }
  require(!applicable.empty(), "no variant of eval.variants applies to this encoding");
  if (config.eval.probe && config.eval.probe->variants) {
    std::erase_if(*config.eval.probe->variants, [&](const std::string& name) { return !applicable.find(name); });
    if (config.eval.probe->variants->empty()) {
      config.eval.probe.reset();
      remarks.emplace_back("no attention is probed: the variants of eval.probe.variants are all left out");
    }
  }
  config.eval.variants = config::Node(std::move(applicable));
  return remarks;
}

EvalResult score(const RunConfig& config, const Task& task, Model& trained) {
  const NamedTensors weights = named_tensors(trained);
  const BuildVariant build = [&](const config::Node& post_hoc) -> Subject {
    auto model = fresh_model(config, task, post_hoc);
    share_strictly(weights, named_tensors(*model));
    return {model, "reference"};
  };
  const auto objective = objective_of(config, task.vocabulary());
  std::unique_ptr<ProgressBar> bar;
  EvalResult result = evaluate(
      config.eval, task, config.length, build,
      [&](const EvalStep& step) {
        if (!bar) bar = std::make_unique<ProgressBar>("score", step.total, "tokens");
        bar->update(step.done, fmt::format("{}, {} text at {}", step.variant, step.text, step.length));
        if (interrupt_signal()) throw ScoringInterrupted();
      },
      *objective);
  if (bar) bar->finish();
  return result;
}

}  // namespace lx
