// Trained models against test-time variants in one table: a row a run, a column a variant.
#pragma once

#include "result/record.h"

#include <string>
#include <vector>

namespace lx {

struct MatrixRow {
  std::string label;  // what tells this run from the others
  RunRecord record;   // read without per-token scores
};

/// For each text two tables: at N (what training with a method costs) and at the longest length. Loss in nats per token
/// ± standard error over documents; `·` where a variant does not apply to a run or cannot read that far; * where it is
/// the lowest of its row, ahead of the next by more than two paired standard errors.
/// `varied` names what the labels say: "encoding seed".
std::string render_matrix(const std::vector<MatrixRow>& rows, const std::string& varied, bool markdown = false);

}  // namespace lx
