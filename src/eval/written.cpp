#include "eval/written.h"

#include "base/error.h"
#include "model/generate.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace lx {
namespace {

struct WrittenRows {
  /// Tokens of a row on the CPU, without what stands behind its end.
  static std::vector<int64_t> numbers(const Tensor& row, int64_t count) {
    const Tensor own = row.narrow(0, 0, count).to(at::kCPU).contiguous();
    return {own.data_ptr<int64_t>(), own.data_ptr<int64_t>() + count};
  }
};

}  // namespace

bool asks_for_answers(const Examples& examples) {
  if (!examples.batch.prefix.defined()) return false;
  const Tensor behind = at::arange(examples.place.size(1), at::kLong) >= examples.batch.prefix.unsqueeze(1);
  return at::equal(behind, examples.batch.targets != kIgnore);
}

WrittenCell write_and_judge(Model& model, const Examples& examples, const std::vector<int64_t>& document,
                            const WriteConfig& config) {
  const int64_t rows = std::min(config.windows, examples.place.size(0)), length = examples.place.size(1);
  std::vector<Tensor> prompts;
  int64_t longest = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t input = examples.batch.prefix[row].item<int64_t>();
    prompts.push_back(examples.batch.tokens[row].narrow(0, 0, input + 1));
    longest = std::max(longest, length - input);
  }
  GenerateOptions options;
  options.tokens = longest;
  options.sampling.temperature = 0;
  options.beams = config.beams;
  options.length_penalty = config.length_penalty;
  const Generation written = generate(model, prompts, options);
  std::vector<Answer> answers;
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t input = prompts[static_cast<size_t>(row)].size(0) - 1, output = length - input;
    answers.push_back({WrittenRows::numbers(written.tokens[row], output),
                       WrittenRows::numbers(examples.batch.targets[row].narrow(0, input, output), output),
                       document[static_cast<size_t>(row)]});
  }
  const AnswerScores scores = judge(answers);
  return {scores.exact.mean,         scores.exact.se, scores.edit_distance.mean, scores.edit_distance.se, rows,
          scores.edit_distance.count};
}

}  // namespace lx
