#include "eval/answers.h"

#include "base/error.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace lx {

int64_t edit_distance(std::span<const int64_t> a, std::span<const int64_t> b) {
  // row[j]: edits from what was seen of a to the first j tokens of b.
  std::vector<int64_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), int64_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    int64_t diagonal = row[0];  // row[j] of the token before
    row[0] = static_cast<int64_t>(i) + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const int64_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

AnswerScores judge(std::span<const Answer> answers) {
  std::map<int64_t, std::pair<Cluster, Cluster>> documents;  // exact, edits
  for (const Answer& answer : answers) {
    require(!answer.reference.empty(), "an answer of no tokens: there is nothing to be reproduced");
    auto& [exact, edits] = documents[answer.document];
    exact.sum += answer.written == answer.reference ? 1 : 0;
    exact.count += 1;
    edits.sum += static_cast<double>(edit_distance(answer.written, answer.reference));
    edits.count += static_cast<double>(answer.reference.size());
  }
  std::vector<Cluster> exact, edits;
  for (const auto& [document, clusters] : documents) {
    exact.push_back(clusters.first);
    edits.push_back(clusters.second);
  }
  return {clustered_mean(exact), clustered_mean(edits)};
}

}  // namespace lx
