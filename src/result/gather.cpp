#include "result/gather.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "result/store.h"

#include <algorithm>
#include <set>

namespace lx {
namespace {

struct Gatherer {
  // Means of documents in memory, as floats: a quarter of a gigabyte.
  static constexpr size_t kDocumentValues = size_t{1} << 26;

  Gathered out{};
  const PerDocument& per_document;
  size_t document_values = 0;

  static void keep_last(TrainHistory& train) {
    const auto last = [](auto& values) {
      if (values.size() > 1) values.erase(values.begin(), values.end() - 1);
    };
    last(train.step);
    last(train.tokens);
    last(train.loss);
    last(train.lr);
    last(train.grad_norm);
    last(train.seconds);
  }

  GatheredRun read(const fs::path& path) {
    GatheredRun run;
    const bool documents = per_document && out.documents_left_out.empty();
    run.record = read_run(path, documents ? PerToken::load : PerToken::skip);
    run.record.config_yaml.clear();
    keep_last(run.record.train);
    if (!run.record.eval) return run;
    if (documents) run.documents = per_document(*run.record.eval);
    for (const DocumentMeans& means : run.documents) document_values += means.loss.size() + means.accuracy.size();
    run.record.eval->scores.clear();
    run.record.eval->curves = {};
    return run;
  }

  void drop_many_documents() {
    if (document_values <= kDocumentValues) return;
    out.documents_left_out = fmt::format("left out: more than {} numbers; each run.h5 has the scores of its tokens",
                                         format_count(static_cast<double>(kDocumentValues)));
    for (auto& run : out.runs) {
      if (run) run->documents.clear();
    }
    document_values = 0;
  }

  void read_all() {
    for (SweepCell& cell : out.cells) {
      out.runs.emplace_back();
      if (cell.state != SweptState::done) continue;
      try {
        out.runs.back() = read(cell.run_file);
      } catch (const Error& error) {
        log::warning("cell {} counts as failed: {}", cell.number, error.what());
        cell.state = SweptState::failed;
        cell.reason = error.what();
      }
      drop_many_documents();
    }
  }

  template <class T>
  static void add(std::vector<T>& all, std::set<T>& seen, const std::vector<T>& some) {
    for (const T& one : some) {
      if (seen.insert(one).second) all.push_back(one);
    }
  }

  static double multiple(int64_t length, int64_t trained) {
    return static_cast<double>(length) / static_cast<double>(std::max<int64_t>(1, trained));
  }

  void unite() {
    std::set<std::string> texts, variants, documents;
    std::set<int64_t> lengths, steps, trained;
    std::set<double> multiples;
    for (const auto& run : out.runs) {
      if (!run) continue;
      trained.insert(run->record.trained_length);
      steps.insert(run->record.train.valid_step.begin(), run->record.train.valid_step.end());
      for (const DocumentMeans& means : run->documents) add(out.documents, documents, means.names);
      if (!run->record.eval) continue;
      const EvalTable& table = run->record.eval->table;
      add(out.texts, texts, table.texts);
      add(out.variants, variants, table.variants);
      lengths.insert(table.lengths.begin(), table.lengths.end());
      for (const int64_t length : table.lengths) multiples.insert(multiple(length, run->record.trained_length));
    }
    out.lengths.assign(lengths.begin(), lengths.end());
    out.steps.assign(steps.begin(), steps.end());
    out.multiples.assign(multiples.begin(), multiples.end());
    if (trained.size() == 1) out.trained_length = *trained.begin();
  }

  void find_places() {
    for (auto& run : out.runs) {
      if (!run || !run->record.eval) continue;
      const EvalTable& table = run->record.eval->table;
      for (const std::string& text : table.texts) run->text.push_back(place_of(out.texts, text));
      for (const std::string& variant : table.variants) run->variant.push_back(place_of(out.variants, variant));
      for (const int64_t length : table.lengths) {
        run->length.push_back(place_of(out.lengths, length));
        run->multiple.push_back(place_of(out.multiples, multiple(length, run->record.trained_length)));
      }
    }
  }
};

}  // namespace

bool Gathered::any() const {
  return std::any_of(runs.begin(), runs.end(), [](const auto& run) { return run.has_value(); });
}

size_t Gathered::values_a_cell() const {
  const size_t table = texts.size() * variants.size() * std::max(lengths.size(), multiples.size());
  return std::max({size_t{1}, steps.size(), table, documents.size() * table});
}

Gathered gather_runs(std::vector<SweepCell> cells, const PerDocument& per_document) {
  std::stable_sort(cells.begin(), cells.end(),
                   [](const SweepCell& a, const SweepCell& b) { return a.number < b.number; });
  Gatherer gatherer{{}, per_document};
  gatherer.out.cells = std::move(cells);
  gatherer.read_all();
  gatherer.unite();
  gatherer.find_places();
  return std::move(gatherer.out);
}

}  // namespace lx
