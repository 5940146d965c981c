#include "eval/by_document.h"

#include "eval/summary.h"

#include <algorithm>
#include <limits>

namespace lx {
namespace {

struct DocumentAverager {
  const EvalResult& result;
  const TextScores& scores;
  std::vector<size_t> read{};  // documents with windows

  void find_documents() {
    for (const int64_t document : scores.document) read.push_back(static_cast<size_t>(document));
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
  }

  DocumentMeans means(Protocol protocol, const char* name) const {
    DocumentMeans out{name, {}, scores.variants, scores.lengths, {}, {}, {}};
    for (const size_t document : read) out.names.push_back(scores.document_names[document]);
    for (size_t v = 0; v < scores.variants.size(); ++v) {
      for (size_t l = 0; l < scores.lengths.size(); ++l) {
        const DocumentSums sums = sum_by_document(scores, protocol, result.trained_length, v, l);
        for (const size_t document : read) {
          out.loss.push_back(mean(sums.loss[document]));
          out.accuracy.push_back(mean(sums.hit[document]));
          if (v == 0) out.targets.push_back(static_cast<int64_t>(sums.loss[document].count));
        }
      }
    }
    return out;
  }

  static float mean(const Cluster& cluster) {
    return cluster.count > 0 ? static_cast<float>(cluster.sum / cluster.count)
                             : std::numeric_limits<float>::quiet_NaN();
  }
};

}  // namespace

std::vector<DocumentMeans> means_by_document(const EvalResult& result) {
  std::vector<DocumentMeans> all;
  for (const TextScores& scores : result.scores) {
    if (scores.loss.empty()) continue;
    DocumentAverager averager{result, scores};
    averager.find_documents();
    if (!scores.protocol.empty()) {
      all.push_back(averager.means(Protocol::scored, scores.text.c_str()));
    } else if (scores.period > 0) {
      all.push_back(averager.means(Protocol::repeated, "repeated"));
    } else {
      all.push_back(averager.means(Protocol::natural, "natural"));
      all.push_back(averager.means(Protocol::tail, "tail"));
    }
  }
  return all;
}

}  // namespace lx
