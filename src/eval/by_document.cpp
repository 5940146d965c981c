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

  DocumentMeans means(Protocol protocol) const {
    DocumentMeans out{name_of(protocol, scores), {}, scores.variants, scores.lengths, {}, {}, {}};
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
    for (const Protocol protocol : readings(scores, result.protocols)) all.push_back(averager.means(protocol));
  }
  return all;
}

}  // namespace lx
