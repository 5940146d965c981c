// The matrix of trained against tested.
#include "catch.h"
#include "report/matrix_report.h"

#include <cmath>

using namespace lx;

namespace {

struct MatrixSample {
  static MatrixRow row(const std::string& label, const std::vector<std::string>& variants, double loss) {
    EvalResult eval;
    eval.trained_length = eval.reference_length = 64;
    eval.table.texts = {"natural"};
    eval.table.protocols = {""};
    eval.table.variants = variants;
    eval.table.lengths = {64, 512};
    for (size_t v = 0; v < variants.size(); ++v) {
      for (const int64_t length : eval.table.lengths) {
        EvalCell cell;
        cell.loss = variants[v] == "short" && length == 512 ? std::nan("") : loss + static_cast<double>(v);
        cell.loss_se = 0.25;
        cell.gap = v == 0 ? -1 : 1;
        cell.gap_se = 0.1;
        eval.table.cells.push_back(cell);
      }
    }
    RunRecord record;
    record.eval = eval;
    return {{label}, {record}};
  }
};

}  // namespace

TEST_CASE("the matrix has a row a run and a column a variant, and a dot where there is nothing to say") {
  const std::string text = render_matrix(
      {MatrixSample::row("rope", {"none", "pi"}, 1), MatrixSample::row("learned", {"none", "short"}, 2)}, {"encoding"});
  CHECK(text.find("natural text at 64 = N\n\nencoding \\ tested as") != std::string::npos);
  const std::string far = text.substr(text.find("natural text at 512 = 8N"));
  CHECK(far.find("none") < far.find("pi"));
  CHECK(far.find("rope") != std::string::npos);
  CHECK(far.find("1.000±0.250*") != std::string::npos);
  CHECK(far.find("2.000±0.250 ") != std::string::npos);
  const std::string learned = far.substr(far.find("learned"));
  CHECK(learned.find("·") != learned.rfind("·"));  // pi does not apply, short cannot read so far
  CHECK(render_matrix({MatrixSample::row("rope", {"none"}, 1)}, {"encoding"}, true).find("| encoding \\ tested as |") !=
        std::string::npos);
}

TEST_CASE("runs that were not evaluated have no rows") {
  CHECK(render_matrix({{{"rope"}, {}}}, {"encoding"}) == "nothing was evaluated\n");
}

TEST_CASE("several seeds are one row: mean and standard error over them, paired differences decide the star") {
  MatrixRow row = MatrixSample::row("rope", {"none", "pi"}, 1);
  for (const double loss : {1.2, 1.4})
    row.records.push_back(MatrixSample::row("rope", {"none", "pi"}, loss).records[0]);
  const std::string text = render_matrix({row}, {"encoding"});
  CHECK(text.find("standard error over 3 seeds") != std::string::npos);
  CHECK(text.find("1.200±0.115*") != std::string::npos);  // pi is one nat worse in every seed
  CHECK(text.find("2.200±0.115") != std::string::npos);
  row.records[1].eval->table.cells[0].loss = 5;  // once far worse at N: no longer ahead there
  const std::string near = render_matrix({row}, {"encoding"});
  CHECK(near.substr(0, near.find("at 512")).find('*', near.find("at 64")) > near.find("at 512"));
}

TEST_CASE("rows of different trained lengths are read at the same multiple of them") {
  MatrixRow longer = MatrixSample::row("rope", {"none"}, 1);
  EvalResult& eval = *longer.records[0].eval;
  eval.trained_length = eval.reference_length = 128;
  eval.table.lengths = {128, 1024};
  MatrixRow shorter = MatrixSample::row("rope", {"none"}, 1);
  shorter.labels = {"rope", "64"}, longer.labels = {"rope", "128"};
  const std::string text = render_matrix({shorter, longer}, {"encoding", "length"});
  CHECK(text.find("natural text at N\n") != std::string::npos);
  CHECK(text.find("natural text at 8N\n") != std::string::npos);
}
