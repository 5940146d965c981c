#include "eval/probe.h"

#include "attention/watch.h"
#include "base/error.h"
#include "base/text.h"
#include "eval/measures.h"
#include "model/head_groups.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>

namespace lx {
namespace {

constexpr double ProbeCell::*kProbeMembers[] = {
    &ProbeCell::entropy,        &ProbeCell::entropy_share,  &ProbeCell::sparsity,
    &ProbeCell::sink,           &ProbeCell::unspent,        &ProbeCell::distance,
    &ProbeCell::effective_rank, &ProbeCell::numerical_rank, &ProbeCell::log_det};

template <class T>
bool chosen(const std::optional<std::vector<T>>& list, const T& item) {
  return !list || std::find(list->begin(), list->end(), item) != list->end();
}

template <class T>
void check_choice(const std::optional<std::vector<T>>& list, const std::vector<T>& known, const char* key,
                  const char* owner) {
  if (!list) return;
  require(!list->empty(), "eval.probe.{} is empty; null means all of them", key);
  std::set<T> seen;
  for (const T& item : *list) {
    require(std::find(known.begin(), known.end(), item) != known.end(), "eval.probe.{} names {}, and {} are {}", key,
            item, owner, fmt::join(known, ", "));
    require(seen.insert(item).second, "eval.probe.{} names {} twice", key, item);
  }
}

}  // namespace

void check_probe(const EvalConfig& config) {
  std::vector<std::string> variants;
  for (const auto& [name, modifiers] : config.variants.map()) variants.push_back(name);
  check_choice(config.probe->lengths, config.lengths, "lengths", "eval.lengths");
  check_choice(config.probe->variants, variants, "variants", "eval.variants");
  check_choice(config.probe->layers, config.probe->layers.value_or(std::vector<int64_t>{}), "layers", "layers");
  check_choice(config.probe->heads, config.probe->heads.value_or(std::vector<int64_t>{}), "heads", "heads");
}

void check_probe(const ProbeConfig& config, const Model& model) {
  std::set<int64_t> layers, heads;
  for (const PlacedGroups& placed : model.head_groups())
    for (const HeadGroup& group : placed.groups->list()) {
      layers.insert(group.stack.shape().layer);
      for (int64_t head = 0; head < group.stack.shape().heads; ++head) heads.insert(group.first_head + head);
    }
  require(!layers.empty(), "eval.probe looks into attention, and this model has none: set eval.probe=null");
  check_choice(config.layers, std::vector<int64_t>(layers.begin(), layers.end()), "layers", "the model's layers");
  check_choice(config.heads, std::vector<int64_t>(heads.begin(), heads.end()), "heads", "the model's heads");
}

// Measures each plan it is shown, adding to the sums of one variant at one length.
class AttentionProber::Watch final : public AttentionWatch {
 public:
  Watch(AttentionProber& owner, size_t variant, size_t length) : owner_(owner), variant_(variant), length_(length) {}

  void see(const WatchedPlace& where, const ScorePlan& plan) override {
    const ProbeConfig& config = owner_.config_;
    if (!chosen(config.layers, where.layer)) return;
    const View& view = plan.views.front();
    const int64_t heads = view.q.size(1), queries = view.q.size(2), keys = view.k.size(2);
    const std::vector<int64_t> asked = asked_heads(where, heads);
    if (asked.empty()) return;
    if (std::find(owner_.layers_.begin(), owner_.layers_.end(), where.place) == owner_.layers_.end())
      owner_.layers_.push_back(where.place);
    const int64_t rows = std::min(config.rows, queries), side = std::min(config.matrix, queries);
    const int64_t fetched = std::max(rows, side), wide = std::min(config.matrix, keys);
    const Tensor weights = attention_weights(plan, queries - fetched, fetched)[0]  // [H,fetched,K]
                               .index_select(0, at::tensor(asked).to(view.q.device()))
                               .to(at::kCPU);
    const int64_t first_query = plan.offset + queries - rows;
    const Tensor visible = plan.visible.count(first_query, rows, keys)[0][0].to(at::kCPU);
    const RowMeasures spread = measure_rows(weights.narrow(1, fetched - rows, rows), visible, first_query);
    const MatrixMeasures rank = measure_matrices(weights.narrow(1, fetched - side, side).narrow(2, keys - wide, wide));
    const Tensor measured[] = {spread.entropy,  spread.entropy_share, spread.sparsity,     spread.sink, spread.unspent,
                               spread.distance, rank.effective_rank,  rank.numerical_rank, rank.log_det};
    for (size_t at = 0; at < asked.size(); ++at) {
      Sum& sum = owner_.sums_[{variant_, length_, where.place, where.first_head + asked[at]}];
      for (size_t i = 0; i < std::size(kProbeMembers); ++i)
        sum.cell.*kProbeMembers[i] += measured[i][static_cast<int64_t>(at)].item<double>();
      ++sum.windows;
    }
  }

 private:
  // Among the heads of the group.
  std::vector<int64_t> asked_heads(const WatchedPlace& where, int64_t heads) const {
    std::vector<int64_t> asked;
    for (int64_t head = 0; head < heads; ++head)
      if (chosen(owner_.config_.heads, where.first_head + head)) asked.push_back(head);
    return asked;
  }

  AttentionProber& owner_;
  size_t variant_, length_;
};

AttentionProber::AttentionProber(const ProbeConfig& config, const TextScores& scores,
                                 std::function<Examples(int64_t)> cut)
    : config_(config), cut_(std::move(cut)), text_(scores.text), all_windows_(scores.windows()) {
  config_.windows = std::min(config_.windows, all_windows_);
  for (const std::string& name : scores.variants) variants_.push_back(name);
  for (const int64_t length : scores.lengths)
    if (chosen(config.lengths, length)) lengths_.push_back(length);
}

int64_t AttentionProber::tokens() const {
  int64_t total = 0;
  for (const std::string& variant : variants_)
    for (const int64_t length : lengths_) total += chosen(config_.variants, variant) ? config_.windows * length : 0;
  return total;
}

void AttentionProber::look(Model& model, size_t variant, const std::function<void(int64_t)>& read) {
  if (!chosen(config_.variants, variants_[variant])) return;
  check_probe(config_, model);
  for (size_t l = 0; l < lengths_.size(); ++l) {
    Watch watch(*this, variant, l);
    const Examples examples = cut_(lengths_[l]);
    const int64_t pieces = examples.batch.tokens.size(0) / all_windows_;  // of each window
    for (int64_t window = 0; window < config_.windows; ++window) {
      if (lengths_[l] <= model.longest_text()) {
        Batch batch = examples.batch;
        for (Tensor* tensor : {&batch.tokens, &batch.targets, &batch.prefix})
          if (tensor->defined()) *tensor = tensor->narrow(0, (window + 1) * pieces - 1, 1);
        batch = model.arrange(batch);
        for (Tensor* tensor : {&batch.tokens, &batch.prefix, &batch.source})
          if (tensor->defined()) *tensor = tensor->to(device_of(model));
        batch.targets = Tensor();
        model.show_attention_to(&watch);
        (void)model.hidden(batch);
        model.show_attention_to(nullptr);
      }
      read(lengths_[l]);
    }
  }
}

AttentionProbe AttentionProber::result() const {
  AttentionProbe out;
  out.text = text_;
  out.windows = config_.windows;
  out.rows = config_.rows;
  out.matrix = config_.matrix;
  out.lengths = lengths_;
  out.layers = layers_;
  std::vector<size_t> numbers;
  for (size_t v = 0; v < variants_.size(); ++v) {
    if (!chosen(config_.variants, variants_[v])) continue;
    out.variants.push_back(variants_[v]);
    numbers.push_back(v);
  }
  std::set<int64_t> heads;
  for (const auto& [where, sum] : sums_) heads.insert(std::get<3>(where));
  out.heads.assign(heads.begin(), heads.end());
  ProbeCell unknown;
  for (const auto member : kProbeMembers) unknown.*member = std::numeric_limits<double>::quiet_NaN();
  for (const size_t v : numbers)
    for (size_t l = 0; l < lengths_.size(); ++l)
      for (const std::string& layer : layers_)
        for (const int64_t head : out.heads) {
          const auto found = sums_.find({v, l, layer, head});
          ProbeCell cell = unknown;
          if (found != sums_.end())
            for (const auto member : kProbeMembers)
              cell.*member = found->second.cell.*member / static_cast<double>(found->second.windows);
          out.cells.push_back(cell);
        }
  return out;
}

}  // namespace lx
