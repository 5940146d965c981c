// The layout of /eval/repeats, /eval/probe and /eval/answers: what was copied, what heads looked at, what was written.
#include "base/error.h"
#include "result/layout.h"
#include "result/store_eval.h"

namespace lx {
namespace {

template <class Cell>
struct CellColumn {
  const char* name;
  double Cell::*member;
  const char* units;
  const char* long_name;
};

constexpr CellColumn<RepeatCell> kRepeatColumns[] = {
    {"loss", &RepeatCell::loss, "nats/token", "mean cross entropy over the targets"},
    {"loss_se", &RepeatCell::loss_se, "nats/token", "standard error of loss over documents"},
    {"accuracy", &RepeatCell::accuracy, "1", "fraction of targets that were the likeliest token"},
    {"accuracy_se", &RepeatCell::accuracy_se, "1", "standard error of accuracy over documents"},
};

constexpr CellColumn<ProbeCell> kProbeColumns[] = {
    {"entropy", &ProbeCell::entropy, "nats", "entropy of the weights over their sum"},
    {"entropy_share", &ProbeCell::entropy_share, "1", "entropy / ln(visible keys)"},
    {"sparsity", &ProbeCell::sparsity, "1", "l1 / (sqrt(n) l2) of the n visible keys: 1 is uniform, 1/sqrt(n) one key"},
    {"sink", &ProbeCell::sink, "1", "weight on the first 4 keys"},
    {"unspent", &ProbeCell::unspent, "1", "1 - sum of the weights: what a sink without a value takes"},
    {"distance", &ProbeCell::distance, "tokens", "mean distance to the attended keys"},
    {"effective_rank", &ProbeCell::effective_rank, "1", "exp of the entropy of the normalised singular values"},
    {"numerical_rank", &ProbeCell::numerical_rank, "1", "singular values above what rounding to float32 leaves"},
    {"log_det", &ProbeCell::log_det, "1", "ln |det| of the square of weights at the text's end; -inf: singular"},
};

constexpr CellColumn<WrittenCell> kWrittenColumns[] = {
    {"exact", &WrittenCell::exact, "1", "fraction of outputs that the model reproduced whole"},
    {"exact_se", &WrittenCell::exact_se, "1", "standard error of exact over documents"},
    {"edit_distance", &WrittenCell::edit_distance, "1", "insertions, deletions, replacements per token of the text"},
    {"edit_distance_se", &WrittenCell::edit_distance_se, "1", "standard error of edit_distance over documents"},
};

struct DeeperLayout {
  template <class Cell, size_t count>
  static void write(hdf5::Group& group, const CellColumn<Cell> (&columns)[count], const std::vector<Cell>& cells,
                    const layout::Scales& scales) {
    for (const CellColumn<Cell>& column : columns) {
      std::vector<double> values;
      for (const Cell& cell : cells) values.push_back(cell.*(column.member));
      layout::variable(group, column.name, values, scales, column.units, column.long_name);
    }
  }

  template <class T, class Cell>
  static void fill(const hdf5::Group& group, const char* name, T Cell::*member, std::vector<Cell>& cells) {
    const std::vector<T> values = group.dataset(name).read<T>();
    require(values.size() == cells.size(), "{}/{}: {} values where {} are expected", group.where(), name, values.size(),
            cells.size());
    for (size_t i = 0; i < values.size(); ++i) cells[i].*member = values[i];
  }
};

}  // namespace

void write_repeats(hdf5::Group group, const RepeatTable& table) {
  const hdf5::Dataset texts = layout::string_scale(group, "text", table.texts, "what was read"),
                      variants =
                          layout::string_scale(group, "variant", table.variants, "what was changed at test time"),
                      lengths =
                          layout::number_scale(group, "length", table.lengths, "tokens", "tokens read in one piece"),
                      buckets = layout::string_scale(
                          group, "bucket", table.buckets,
                          "how far back the target stood after the same tokens; first: nowhere in what is read");
  const layout::Scales scales{&texts, &variants, &lengths, &buckets};
  DeeperLayout::write(group, kRepeatColumns, table.cells, scales);
  std::vector<int64_t> documents, tokens;
  for (const RepeatCell& cell : table.cells) {
    documents.push_back(cell.documents);
    tokens.push_back(cell.tokens);
  }
  layout::variable(group, "documents", documents, scales, "1", "documents the targets come from");
  layout::variable(group, "tokens", tokens, scales, "tokens", "targets of this kind");
  group.set("order", table.order);
}

RepeatTable read_repeats(const hdf5::Group& group) {
  RepeatTable table;
  table.order = group.integer("order");
  table.texts = group.dataset("text").read_strings();
  table.variants = group.dataset("variant").read_strings();
  table.lengths = group.dataset("length").read<int64_t>();
  table.buckets = group.dataset("bucket").read_strings();
  table.cells.resize(table.texts.size() * table.variants.size() * table.lengths.size() * table.buckets.size());
  for (const auto& column : kRepeatColumns) DeeperLayout::fill(group, column.name, column.member, table.cells);
  DeeperLayout::fill(group, "documents", &RepeatCell::documents, table.cells);
  DeeperLayout::fill(group, "tokens", &RepeatCell::tokens, table.cells);
  return table;
}

void write_probe(hdf5::Group group, const AttentionProbe& probe) {
  const hdf5::Dataset variants =
                          layout::string_scale(group, "variant", probe.variants, "what was changed at test time"),
                      lengths = layout::number_scale(group, "length", probe.lengths, "tokens", "tokens read"),
                      layers = layout::string_scale(group, "layer", probe.layers, "where the heads are, layers from 0"),
                      heads = layout::number_scale(group, "head", probe.heads, "1", "number of the head in its layer");
  DeeperLayout::write(group, kProbeColumns, probe.cells, {&variants, &lengths, &layers, &heads});
  group.set("text", probe.text);
  group.set("windows", probe.windows);
  group.set("rows", probe.rows);
  group.set("matrix", probe.matrix);
}

AttentionProbe read_probe(const hdf5::Group& group) {
  AttentionProbe probe;
  probe.text = group.text("text");
  probe.windows = group.integer("windows");
  probe.rows = group.integer("rows");
  probe.matrix = group.integer("matrix");
  probe.variants = group.dataset("variant").read_strings();
  probe.lengths = group.dataset("length").read<int64_t>();
  probe.layers = group.dataset("layer").read_strings();
  probe.heads = group.dataset("head").read<int64_t>();
  probe.cells.resize(probe.index(probe.variants.size(), 0, 0, 0));
  for (const auto& column : kProbeColumns) DeeperLayout::fill(group, column.name, column.member, probe.cells);
  return probe;
}

void write_written(hdf5::Group group, const WrittenTable& table) {
  const hdf5::Dataset texts = layout::string_scale(group, "text", table.texts, "what was read"),
                      variants =
                          layout::string_scale(group, "variant", table.variants, "what was changed at test time"),
                      lengths = layout::number_scale(group, "length", table.lengths, "tokens", "input and output");
  const layout::Scales scales{&texts, &variants, &lengths};
  DeeperLayout::write(group, kWrittenColumns, table.cells, scales);
  std::vector<int64_t> answers, tokens;
  for (const WrittenCell& cell : table.cells) {
    answers.push_back(cell.answers);
    tokens.push_back(cell.tokens);
  }
  layout::variable(group, "answers", answers, scales, "1", "outputs that were written");
  layout::variable(group, "tokens", tokens, scales, "tokens", "tokens of the text they are judged by");
  group.set("beams", table.beams);
}

WrittenTable read_written(const hdf5::Group& group) {
  WrittenTable table;
  table.beams = group.integer("beams");
  table.texts = group.dataset("text").read_strings();
  table.variants = group.dataset("variant").read_strings();
  table.lengths = group.dataset("length").read<int64_t>();
  table.cells.resize(table.index(table.texts.size(), 0, 0));
  for (const auto& column : kWrittenColumns) DeeperLayout::fill(group, column.name, column.member, table.cells);
  DeeperLayout::fill(group, "answers", &WrittenCell::answers, table.cells);
  DeeperLayout::fill(group, "tokens", &WrittenCell::tokens, table.cells);
  return table;
}

}  // namespace lx
