#include "experiment/model_card.h"

#include "experiment/model_cost.h"
#include "tensor/named_tensors.h"
#include "train/optimizer.h"
#include "train/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace lx {
namespace {

struct CardMaker {
  const ResolvedRun& run;
  const RunConfig& config = run.config;
  std::shared_ptr<Model> model = unread_model(config);
  int64_t longest;

  using Unit = CostRow::Unit;
  static CostRow row(const char* key, const std::string& label, Unit unit, std::optional<double> value) {
    return {key, label, unit, value};
  }
  static CostRow count(const char* key, const char* label, int64_t value) {
    return row(key, label, Unit::count, static_cast<double>(value));
  }

  CostGroup parameters() const {
    const ParameterCount p = count_parameters(*model);
    return {"parameters",
            "parameters",
            {count("all", "all", p.all()), count("without_embeddings", "without embeddings", p.without_embeddings()),
             count("embedding", "embedding", p.embedding), count("mixers", "attention, or gated units", p.mixers),
             count("encoding", "learned by modifiers", p.encoding), count("cross", "cross-attention", p.cross),
             count("feed_forward", "feed-forward", p.feed_forward), count("norms", "norms", p.norms),
             count("output", "map to logits", p.output)}};
  }

  static CostGroup operations_of(const char* key, const std::string& label, const std::optional<Work>& work,
                                 double factor) {
    const auto part = [&](int64_t Work::*member) {
      return work ? std::optional(static_cast<double>((*work).*member) * factor) : std::nullopt;
    };
    const auto all = work ? std::optional(static_cast<double>(work->operations()) * factor) : std::nullopt;
    return {key,
            label,
            {row("all", "all", Unit::operations, all),
             row("mixers", "maps of attention, or of gated units", Unit::operations, part(&Work::mixers)),
             row("attention", "pairs of tokens", Unit::operations, part(&Work::attention)),
             row("cross", "cross-attention", Unit::operations, part(&Work::cross)),
             row("feed_forward", "feed-forward", Unit::operations, part(&Work::feed_forward)),
             row("output", "map to logits", Unit::operations, part(&Work::output))}};
  }

  CostGroup memory(const std::optional<Work>& near, const std::optional<Work>& far) const {
    double weights = 0, number = 4;  // bytes
    for (const Tensor& parameter : model->parameters()) {
      weights += static_cast<double>(parameter.nbytes());
      number = static_cast<double>(parameter.element_size());
    }
    Parameters parameters(named_tensors(*model),
                          {config.train.no_decay, config.train.embeddings, config.train.decay_embeddings});
    const auto optimizer = make_optimizer(config.train.optimizer, "train.optimizer", parameters);
    double state = 0;
    for (const auto& [name, tensor] : optimizer->state()) state += static_cast<double>(tensor.nbytes());
    const auto kept = [&](const std::optional<Work>& work) {
      return work ? std::optional(static_cast<double>(work->kept) * number) : std::nullopt;
    };
    return {"memory",
            "memory",
            {row("weights", "weights", Unit::bytes, weights), row("gradients", "gradients", Unit::bytes, weights),
             row("optimizer", "optimizer's state", Unit::bytes, state),
             row("average", "average of the weights", Unit::bytes, config.train.ema ? weights : 0),
             row("decoding", "keys and values of N tokens", Unit::bytes, kept(near)),
             row("decoding_longest", "keys and values of M tokens", Unit::bytes, kept(far))}};
  }

  std::vector<ModelFact> facts() const {
    std::vector<ModelFact> out;
    const auto put = [&](const char* name, const char* label, const char* key) {
      const config::Node* node = run.resolved.find(key);
      if (node && !node->is_null()) out.push_back({name, label, *node});
    };
    put("architecture", "architecture", "model.name");
    put("mixer", "mixer", "model.mixer.name");
    put("width", "width", "model.width");
    put("inner_width", "inner width", "model.feed_forward.inner");
    put("unit_inner_width", "inner width of units", "model.mixer.inner_width");
    put("layers", "layers", "model.layers");
    put("encoder_layers", "encoder layers", "model.encoder_layers");
    put("decoder_layers", "decoder layers", "model.decoder_layers");
    put("heads", "heads", "model.mixer.heads");
    put("objective", "objective", "objective.name");
    for (const auto& [group, choice] : run.choices)
      if (group == "encoding") out.push_back({"encoding", "encoding", choice});
    out.push_back({"trained_length", "N, tokens in training", config.length});
    if (const int64_t input = example_shape(config, config.length).input; input > 0)
      out.push_back({"trained_input", "of these, input", input});
    out.push_back({"tested_length", "M, tokens at test time", longest});
    return out;
  }

  ModelCard card(const std::string& name) const {
    const ExampleShape trained = example_shape(config, config.length), tested = example_shape(config, longest);
    const Work example = work_of_example(*model, trained);
    const auto near = work_of_decoding(*model, trained), far = work_of_decoding(*model, tested);
    const double a_token = 3 / static_cast<double>(trained.length);
    ModelCard card{name, facts(), {parameters()}, {}};
    card.groups.push_back(operations_of("training_token", "operations for one token of training", example, a_token));
    card.groups.push_back(
        operations_of("decoding_token", "operations for one token of decoding, the last of N", near, 1));
    card.groups.push_back(
        operations_of("decoding_token_longest", "operations for one token of decoding, the last of M", far, 1));
    card.groups.push_back(memory(near, far));
    if (!run.sizes.empty()) card.notes.push_back(run.sizes);
    return card;
  }
};

}  // namespace

ModelCard model_card(const ResolvedRun& run, const std::string& name, int64_t length) {
  const auto& lengths = run.config.eval.lengths;
  const int64_t longest =
      length > 0 ? length
                 : std::max(run.config.length, lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end()));
  return CardMaker{.run = run, .longest = longest}.card(name);
}

}  // namespace lx
