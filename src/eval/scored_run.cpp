#include "eval/scored_run.h"

#include "base/error.h"
#include "base/text.h"
#include "eval/summary.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace lx {
namespace {

struct DocumentScorer {
  const EvalResult& eval;
  const TextScores& scores;
  Protocol protocol;

  VariantFacts facts(const std::string& variant) const {
    for (const VariantFacts& one : eval.variants)
      if (one.name == variant) return one;
    return {variant, "", "", {}};
  }

  ScoredRun scored() const {
    ScoredRun out;
    out.trained_length = eval.trained_length;
    out.reference_length = eval.reference_length;
    out.protocol = describe(protocol, scores, eval.trained_length);
    out.lengths = scores.lengths;
    std::vector<int64_t> read = scores.document;
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    for (const int64_t document : read) out.documents.push_back(scores.document_names[static_cast<size_t>(document)]);
    for (size_t v = 0; v < scores.variants.size(); ++v) {
      out.variants.push_back(facts(scores.variants[v]));
      for (size_t l = 0; l < scores.lengths.size(); ++l) {
        const DocumentSums sums = sum_by_document(scores, protocol, eval.trained_length, v, l);
        std::vector<Cluster>& kept = out.losses.emplace_back();
        for (const int64_t document : read) kept.push_back(sums.loss[static_cast<size_t>(document)]);
      }
    }
    return out;
  }
};

}  // namespace

ScoredRun score_by_document(const EvalResult& eval, int64_t seed, const std::string& text) {
  std::vector<std::string> there;
  for (const TextScores& scores : eval.scores) {
    require(!scores.loss.empty(), "the scores of {} text were not read token by token", scores.text);
    for (const Protocol protocol : readings(scores, eval.protocols)) {
      there.push_back(name_of(protocol, scores));
      if (there.back() != text) continue;
      ScoredRun out = DocumentScorer{eval, scores, protocol}.scored();
      out.seed = seed;
      out.text = text;
      return out;
    }
  }
  fail("there is no {} text among these scores (there: {})", text, there.empty() ? "nothing" : join(there, ", "));
}

}  // namespace lx
