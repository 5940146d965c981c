// Trained models against test-time variants in one table: a row a model, a column a variant.
#pragma once

#include "result/record.h"

#include <string>
#include <vector>

namespace lx {

/// What was trained with the same settings but for the seed.
struct MatrixRow {
  std::vector<std::string> labels;  // a value for each of the keys that vary
  std::vector<RunRecord> records;   // one a seed; read without per-token scores
};

/// For each text two tables: at N (what training with a method costs) and at the longest length. Loss in nats per
/// token; of one seed ± standard error over documents, of several seeds the mean ± standard error over seeds. `·` where
/// a variant does not apply to a run or cannot read that far; * where it is the lowest of its row, ahead of the next by
/// more than two paired standard errors. `keys` names what the labels say.
std::string render_matrix(const std::vector<MatrixRow>& rows, const std::vector<std::string>& keys,
                          bool markdown = false);

}  // namespace lx
