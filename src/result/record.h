// What a run leaves behind, as plain data: how it trained, how every variant scored, on what machine.
// Training and evaluation fill it, the store keeps it, the report reads it; nobody here knows a model or a tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lx {

/// Named facts in the order in which a person reads them.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// Columns of equal length, one entry for each logged step; the same for the valid_ columns.
struct TrainHistory {
  std::vector<int64_t> step;      // steps done, 1 after the first
  std::vector<int64_t> tokens;    // tokens trained on so far
  std::vector<double> loss;       // of that step's batch before the update, nats per token
  std::vector<double> lr;         // learning rate of that step
  std::vector<double> grad_norm;  // norm of the gradient before clipping
  std::vector<double> seconds;    // wall time spent training so far
  std::vector<int64_t> valid_step;
  std::vector<double> valid_loss;  // nats per token at the trained length
  std::vector<double> valid_accuracy;
  struct Event {
    int64_t step = 0;
    std::string what;  // e.g. "skipped: the gradient is not finite"
  };
  std::vector<Event> events;
};

/// Per-token scores of all variants on one text. Window w holds M + 1 tokens; target t is token t + 1.
struct TextScores {
  std::string text;      // natural | sliding | repeated | longer_input | longer_output | repeated_input
  std::string protocol;  // which targets were scored, when the objective says it; empty: natural or repeated text
  std::vector<std::string> variants;
  std::vector<int64_t> lengths;   // ascending
  int64_t period = 0;             // repeated: tokens before the text starts again; 0: not repeated
  int64_t stride = 0;             // sliding: targets from one piece to the next; 0: pieces do not overlap
  int64_t targets = 0;            // M
  std::vector<int64_t> document;  // [W] index into document_names; windows of one document are one cluster
  std::vector<std::string> document_names;
  int64_t documents_long_enough = 0;
  std::vector<float> loss;      // [variant, length, W, M] nats; NaN where not scored
  std::vector<uint8_t> hit;     // the same shape: 1 where the likeliest token is the target; 0 where not scored
  std::vector<int64_t> tokens;  // [W, M + 1] what was read; not stored, so empty after reading a file

  int64_t windows() const { return static_cast<int64_t>(document.size()); }
  /// Where the M scores of one window begin in `loss` and `hit`.
  size_t offset(size_t variant, size_t length, int64_t window) const {
    return ((variant * lengths.size() + length) * document.size() + static_cast<size_t>(window)) *
           static_cast<size_t>(targets);
  }
};

/// One number of a results table with all that is needed to judge it. Standard errors are over documents.
struct EvalCell {
  double loss = 0, loss_se = 0;  // nats per token
  double perplexity = 0;         // exp(loss)
  double bits_per_byte = 0;
  double accuracy = 0, accuracy_se = 0;      // fraction of targets
  double difference = 0, difference_se = 0;  // loss minus the first variant's, paired
  double accuracy_difference = 0, accuracy_difference_se = 0;
  double change = 0, change_se = 0;  // loss minus this variant's at the reference length, paired
  double gap = 0, gap_se = 0;        // loss minus the best of the other variants, paired
  int64_t documents = 0, tokens = 0;
};

/// cells [text, variant, length]; `texts` counts protocols: natural, tail, full, sliding, repeated.
struct EvalTable {
  std::vector<std::string> texts;
  std::vector<std::string> protocols;  // a sentence for each text: which targets, which context
  std::vector<std::string> variants;
  std::vector<int64_t> lengths;
  std::vector<EvalCell> cells;

  size_t index(size_t text, size_t variant, size_t length) const {
    return (text * variants.size() + variant) * lengths.size() + length;
  }
  const EvalCell& at(size_t text, size_t variant, size_t length) const { return cells[index(text, variant, length)]; }
  EvalCell& at(size_t text, size_t variant, size_t length) { return cells[index(text, variant, length)]; }
};

/// Means over documents at each target position of the longest length. Arrays are [text, variant, M].
struct EvalCurves {
  std::vector<std::string> texts;  // natural, repeated
  std::vector<std::string> variants;
  int64_t positions = 0;  // M
  std::vector<float> loss, loss_se, accuracy;
};

/// Targets whose last `order` tokens and the target itself were read before, by how far back; see eval/repeats.h.
struct RepeatCell {
  double loss = 0, loss_se = 0;          // nats per token; NaN where there is no such target
  double accuracy = 0, accuracy_se = 0;  // fraction of targets
  int64_t documents = 0, tokens = 0;
};

/// cells [text, variant, length, bucket]
struct RepeatTable {
  int64_t order = 0;  // tokens of context that must be repeated
  std::vector<std::string> texts;
  std::vector<std::string> variants;
  std::vector<int64_t> lengths;
  std::vector<std::string> buckets;  // first, then distances
  std::vector<RepeatCell> cells;

  const RepeatCell& at(size_t text, size_t variant, size_t length, size_t bucket) const {
    return cells[((text * variants.size() + variant) * lengths.size() + length) * buckets.size() + bucket];
  }
};

/// What one head looks at, mean over rows and windows; NaN where it was not asked. See eval/measures.h.
struct ProbeCell {
  double entropy = 0;         // nats
  double entropy_share = 0;   // entropy / ln(visible keys)
  double sparsity = 0;        // l1 / (sqrt(n) l2): 1 is uniform
  double sink = 0;            // weight on the first 4 keys
  double unspent = 0;         // 1 - sum of weights: what a sink without a value takes
  double distance = 0;        // tokens between query and key
  double effective_rank = 0;  // exp of the entropy of the normalised singular values
  double numerical_rank = 0;
  double log_det = 0;  // ln |det|
};

/// cells [variant, length, layer, head]
struct AttentionProbe {
  std::string text;
  int64_t windows = 0, rows = 0, matrix = 0;  // read; queries of each; rows and columns of the largest matrix
  std::vector<std::string> variants;
  std::vector<int64_t> lengths;
  std::vector<std::string> layers;  // "layer 3"
  std::vector<int64_t> heads;
  std::vector<ProbeCell> cells;

  size_t index(size_t variant, size_t length, size_t layer, size_t head) const {
    return ((variant * lengths.size() + length) * layers.size() + layer) * heads.size() + head;
  }
};

/// Outputs that a model wrote by itself; NaN where it wrote none. See eval/written.h.
struct WrittenCell {
  double exact = 0, exact_se = 0;                  // fraction of outputs reproduced whole
  double edit_distance = 0, edit_distance_se = 0;  // edits per token of the text
  int64_t answers = 0, tokens = 0;
};

/// cells [text, variant, length]
struct WrittenTable {
  int64_t beams = 1;
  std::vector<std::string> texts;
  std::vector<std::string> variants;
  std::vector<int64_t> lengths;
  std::vector<WrittenCell> cells;

  size_t index(size_t text, size_t variant, size_t length) const {
    return (text * variants.size() + variant) * lengths.size() + length;
  }
};

struct VariantFacts {
  std::string name;
  std::string post_hoc;            // the modifiers added for the test, as one line of JSON
  std::string executor;            // which attention kernel ran, when the caller knows
  std::vector<std::string> notes;  // e.g. "depends on the length of the context"
};

struct EvalResult {
  int64_t trained_length = 0;    // N
  int64_t reference_length = 0;  // N when it was scored, else the shortest length
  double bytes_per_token = 1;
  std::vector<VariantFacts> variants;
  std::vector<TextScores> scores;
  std::vector<std::string> protocols{"natural", "tail"};  // readings of natural text in the table
  EvalTable table;
  EvalCurves curves;
  std::optional<RepeatTable> repeats;
  std::optional<AttentionProbe> probe;
  std::optional<WrittenTable> written;
};

/// All of run.h5.
struct RunRecord {
  std::string run_id, experiment;
  int64_t trained_length = 0;          // N
  int64_t parameters = 0;              // numbers the model learned
  std::string config_yaml;             // resolved
  Facts choices;                       // group -> option, e.g. model -> small
  std::vector<std::string> overrides;  // as typed
  Facts environment;                   // commit, compiler, cpu, threads, seed, corpus hash ...
  TrainHistory train;
  std::optional<EvalResult> eval;
};

}  // namespace lx
