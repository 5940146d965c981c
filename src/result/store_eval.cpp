// The layout of /eval, /eval/curve and /tokens: named dimensions first, then variables with units and long names.
#include "result/store_eval.h"

#include "base/error.h"
#include "base/text.h"
#include "result/layout.h"

namespace lx {
namespace {

using layout::number_scale;
using layout::Scales;
using layout::string_scale;
using layout::string_variable;
using layout::variable;

std::vector<int64_t> counting(int64_t from, int64_t count) {
  std::vector<int64_t> out(static_cast<size_t>(count));
  for (size_t i = 0; i < out.size(); ++i) out[i] = from + static_cast<int64_t>(i);
  return out;
}

void write_table(hdf5::Group& group, const EvalResult& eval) {
  const EvalTable& table = eval.table;
  const hdf5::Dataset texts = string_scale(group, "text", table.texts, "what was read, and which targets count");
  const hdf5::Dataset variants = string_scale(group, "variant", table.variants, "what was changed at test time");
  const hdf5::Dataset lengths = number_scale(group, "length", table.lengths, "tokens", "tokens read in one piece");
  std::vector<std::string> protocols;
  for (size_t i = 0; i < table.texts.size(); ++i) protocols.push_back(table.texts[i] + ": " + table.protocols[i]);

  const Scales scales{&texts, &variants, &lengths};
  for (const layout::EvalColumn& column : layout::eval_columns()) {
    std::vector<double> values;
    for (const EvalCell& cell : table.cells) values.push_back(cell.*(column.member));
    variable(group, column.name, values, scales, column.units, column.long_name)
        .set("protocol", std::span<const std::string>(protocols));
  }
  std::vector<int64_t> documents, tokens;
  for (const EvalCell& cell : table.cells) {
    documents.push_back(cell.documents);
    tokens.push_back(cell.tokens);
  }
  variable(group, "documents", documents, scales, "1", "documents the targets come from");
  variable(group, "tokens", tokens, scales, "tokens", "targets scored");
  string_variable(group, "protocol", table.protocols, {&texts}, "which targets are scored in which context");

  std::vector<std::string> post_hoc, executors, notes;
  for (const VariantFacts& variant : eval.variants) {
    post_hoc.push_back(variant.post_hoc);
    executors.push_back(variant.executor);
    notes.push_back(join(variant.notes, "\n"));
  }
  string_variable(group, "post_hoc", post_hoc, {&variants}, "modifiers added for the test (JSON)");
  string_variable(group, "executor", executors, {&variants}, "attention kernel that ran");
  string_variable(group, "notes", notes, {&variants}, "what to know when reading this variant's numbers");
}

void write_curves(hdf5::Group group, const EvalCurves& curves) {
  const hdf5::Dataset texts = string_scale(group, "text", curves.texts, "what was read");
  const hdf5::Dataset variants = string_scale(group, "variant", curves.variants, "what was changed at test time");
  const hdf5::Dataset positions =
      number_scale(group, "position", counting(1, curves.positions), "tokens", "tokens of context before the target");
  const Scales scales{&texts, &variants, &positions};
  variable(group, "loss", curves.loss, scales, "nats/token", "mean loss at this position, at the longest length");
  variable(group, "loss_se", curves.loss_se, scales, "nats/token", "standard error of loss over documents");
  variable(group, "accuracy", curves.accuracy, scales, "1", "fraction of targets that were the likeliest token");
}

void write_scores(hdf5::Group group, const TextScores& scores) {
  const hdf5::Dataset variants = string_scale(group, "variant", scores.variants, "what was changed at test time");
  const hdf5::Dataset lengths = number_scale(group, "length", scores.lengths, "tokens", "tokens read in one piece");
  const hdf5::Dataset windows =
      number_scale(group, "window", counting(0, scores.windows()), "1", "stretch of text that was scored");
  const hdf5::Dataset targets =
      number_scale(group, "target", counting(0, scores.targets), "1", "target t is token t + 1 of the window");
  const hdf5::Dataset names = string_scale(group, "document_name", scores.document_names, "documents by number");
  const Scales scales{&variants, &lengths, &windows, &targets};
  variable(group, "loss", scores.loss, scales, "nats", "cross entropy of each target; NaN where not scored");
  variable(group, "hit", scores.hit, scales, "1", "1 where the likeliest token was the target");
  variable(group, "document", scores.document, {&windows}, "1", "document of each window, an index of document_name");
  group.set("period", scores.period);
  group.set("stride", scores.stride);
  if (!scores.protocol.empty()) group.set("protocol", scores.protocol);
  group.set("documents_long_enough", scores.documents_long_enough);
}

void require_count(const hdf5::Group& group, const char* name, size_t found, size_t expected) {
  require(found == expected, "{}/{}: {} values where {} are expected", group.where(), name, found, expected);
}

EvalTable read_table(const hdf5::Group& group) {
  EvalTable table;
  table.texts = group.dataset("text").read_strings();
  table.protocols = group.dataset("protocol").read_strings();
  table.variants = group.dataset("variant").read_strings();
  table.lengths = group.dataset("length").read<int64_t>();
  table.cells.resize(table.texts.size() * table.variants.size() * table.lengths.size());
  const auto fill = [&](const char* name, const auto& values, auto member) {
    require_count(group, name, values.size(), table.cells.size());
    for (size_t i = 0; i < values.size(); ++i) table.cells[i].*member = values[i];
  };
  for (const layout::EvalColumn& column : layout::eval_columns()) {
    fill(column.name, group.dataset(column.name).read<double>(), column.member);
  }
  fill("documents", group.dataset("documents").read<int64_t>(), &EvalCell::documents);
  fill("tokens", group.dataset("tokens").read<int64_t>(), &EvalCell::tokens);
  return table;
}

EvalCurves read_curves(const hdf5::Group& group) {
  EvalCurves curves;
  curves.texts = group.dataset("text").read_strings();
  curves.variants = group.dataset("variant").read_strings();
  curves.positions = group.dataset("position").length();
  curves.loss = group.dataset("loss").read<float>();
  curves.loss_se = group.dataset("loss_se").read<float>();
  curves.accuracy = group.dataset("accuracy").read<float>();
  const size_t expected = curves.texts.size() * curves.variants.size() * static_cast<size_t>(curves.positions);
  for (const auto* values : {&curves.loss, &curves.loss_se, &curves.accuracy}) {
    require_count(group, "loss", values->size(), expected);
  }
  return curves;
}

TextScores read_scores(const hdf5::Group& group, const std::string& text, PerToken per_token) {
  TextScores scores;
  scores.text = text;
  scores.variants = group.dataset("variant").read_strings();
  scores.lengths = group.dataset("length").read<int64_t>();
  scores.targets = group.dataset("target").length();
  scores.document = group.dataset("document").read<int64_t>();
  scores.document_names = group.dataset("document_name").read_strings();
  scores.period = group.integer("period");
  scores.stride = group.has_attribute("stride") ? group.integer("stride") : 0;
  if (group.has_attribute("protocol")) scores.protocol = group.text("protocol");
  scores.documents_long_enough = group.integer("documents_long_enough");
  if (per_token == PerToken::load) {
    scores.loss = group.dataset("loss").read<float>();
    scores.hit = group.dataset("hit").read<uint8_t>();
    const size_t expected = scores.offset(scores.variants.size(), 0, 0);
    require_count(group, "loss", scores.loss.size(), expected);
    require_count(group, "hit", scores.hit.size(), expected);
  }
  return scores;
}

}  // namespace

void write_eval(hdf5::Group& root, const EvalResult& eval) {
  hdf5::Group group = root.make("eval");
  group.set("trained_length", eval.trained_length);
  group.set("reference_length", eval.reference_length);
  group.set("bytes_per_token", eval.bytes_per_token);
  write_table(group, eval);
  write_curves(group.make("curve"), eval.curves);
  if (eval.repeats) write_repeats(group.make("repeats"), *eval.repeats);
  if (eval.probe) write_probe(group.make("probe"), *eval.probe);
  if (eval.written) write_written(group.make("answers"), *eval.written);
  hdf5::Group tokens = root.make("tokens");
  for (const TextScores& scores : eval.scores) write_scores(tokens.make(scores.text), scores);
}

EvalResult read_eval(const hdf5::Group& root, PerToken per_token) {
  const hdf5::Group group = root.group("eval");
  EvalResult eval;
  eval.trained_length = group.integer("trained_length");
  eval.reference_length = group.integer("reference_length");
  eval.bytes_per_token = group.real("bytes_per_token");
  eval.table = read_table(group);
  const auto post_hoc = group.dataset("post_hoc").read_strings(), executors = group.dataset("executor").read_strings(),
             notes = group.dataset("notes").read_strings();
  for (const auto* facts : {&post_hoc, &executors, &notes}) {
    require_count(group, "post_hoc", facts->size(), eval.table.variants.size());
  }
  for (size_t i = 0; i < eval.table.variants.size(); ++i) {
    VariantFacts facts{eval.table.variants[i], post_hoc[i], executors[i], {}};
    if (!notes[i].empty()) facts.notes = split(notes[i], '\n');
    eval.variants.push_back(std::move(facts));
  }
  eval.curves = read_curves(group.group("curve"));
  if (group.has("answers")) eval.written = read_written(group.group("answers"));
  if (group.has("repeats")) eval.repeats = read_repeats(group.group("repeats"));
  if (group.has("probe")) eval.probe = read_probe(group.group("probe"));
  eval.protocols.clear();
  for (const std::string& text : eval.table.texts)
    if (text == "natural" || text == "tail" || text == "full" || text == "sliding") eval.protocols.push_back(text);
  const hdf5::Group tokens = root.group("tokens");
  for (const std::string& text : tokens.names()) {
    eval.scores.push_back(read_scores(tokens.group(text), text, per_token));
  }
  return eval;
}

}  // namespace lx
