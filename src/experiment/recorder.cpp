#include "experiment/recorder.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/yaml.h"

#include <cmath>
#include <sstream>
#include <utility>

namespace lx {
namespace {

struct HistoryReader {
  /// Rebuilds the columns from the lines of metrics.jsonl that a checkpoint vouches for.
  static void read(const fs::path& metrics, TrainHistory& history) {
    std::istringstream lines(read_file(metrics));
    std::string line;
    while (std::getline(lines, line)) {
      const config::Node entry = config::parse_json(line, shown(metrics));
      const std::string kind = entry.find("kind")->string();
      const auto integer = [&](const char* key) { return entry.find(key)->integer(); };
      const auto real = [&](const char* key) {
        const config::Node* value = entry.find(key);
        return value->is_null() ? std::nan("") : value->real();
      };
      if (kind == "train") {
        history.step.push_back(integer("step"));
        history.tokens.push_back(integer("tokens"));
        history.loss.push_back(real("loss"));
        history.lr.push_back(real("lr"));
        history.grad_norm.push_back(real("grad_norm"));
        history.seconds.push_back(real("seconds"));
      } else if (kind == "valid") {
        history.valid_step.push_back(integer("step"));
        history.valid_loss.push_back(real("loss"));
        history.valid_accuracy.push_back(real("accuracy"));
      } else if (kind == "skip") {
        history.events.push_back({integer("step"), entry.find("what")->string()});
      }
    }
  }
};

}  // namespace

Recorder::Recorder(const RunFolder& folder, TrainHistory& history, std::function<void()> saved)
    : folder_(folder), history_(history), saved_(std::move(saved)), metrics_(folder.metrics()) {}

void Recorder::rewind(int64_t offset, int64_t step) {
  metrics_.truncate_to(offset);
  history_ = {};
  if (step > 0) HistoryReader::read(folder_.metrics(), history_);
  from_step_ = step;
}

EventWriter& Recorder::events() {
  if (!events_) events_ = std::make_unique<EventWriter>(folder_.tensorboard(), from_step_);
  return *events_;
}

void Recorder::on_start(const StartReport& report) {
  from_step_ = report.step;
  total_seconds_ = report.total_seconds;
  bar_ = std::make_unique<ProgressBar>("train", report.total_steps.value_or(0), "step", report.step);
}

void Recorder::on_step(const StepReport& report) {
  history_.step.push_back(report.step);
  history_.tokens.push_back(report.tokens);
  history_.loss.push_back(report.loss);
  history_.lr.push_back(report.lr);
  history_.grad_norm.push_back(report.grad_norm);
  history_.seconds.push_back(report.seconds);
  metrics_.write({{"kind", std::string("train")},
                  {"step", report.step},
                  {"tokens", report.tokens},
                  {"loss", report.loss},
                  {"lr", report.lr},
                  {"grad_norm", report.grad_norm},
                  {"seconds", report.seconds}});
  events().scalar("train/loss", report.loss, report.step);
  events().scalar("train/lr", report.lr, report.step);
  events().scalar("train/grad_norm", report.grad_norm, report.step);
  std::string note = fmt::format("loss {:.3f}, {} tokens/s", report.loss, format_count(report.tokens_per_second));
  if (valid_loss_) note = fmt::format("valid {:.3f}, {}", *valid_loss_, note);
  if (bar_) bar_->update(report.step, note, total_seconds_ ? std::optional(report.done) : std::nullopt);
}

void Recorder::on_valid(const ValidReport& report) {
  history_.valid_step.push_back(report.step);
  history_.valid_loss.push_back(report.loss);
  history_.valid_accuracy.push_back(report.accuracy);
  valid_loss_ = report.loss;
  metrics_.write(
      {{"kind", std::string("valid")}, {"step", report.step}, {"loss", report.loss}, {"accuracy", report.accuracy}});
  events().scalar("valid/loss", report.loss, report.step);
  events().scalar("valid/accuracy", report.accuracy, report.step);
  log::debug("step {}: validation loss {:.4f}, accuracy {:.2f} % on {} windows{}", report.step, report.loss,
             100 * report.accuracy, report.windows, report.best ? " (best so far)" : "");
}

void Recorder::on_save(const SaveReport& report) {
  log::debug("step {}: saved {}", report.step, shown(report.path));
  saved_();
}

void Recorder::on_skip(const SkipReport& report) {
  const std::string what = fmt::format("skipped: loss {} and gradient norm {} at learning rate {:.3g} are not finite",
                                       report.loss, report.grad_norm, report.lr);
  history_.events.push_back({report.step, what});
  metrics_.write({{"kind", std::string("skip")}, {"step", report.step}, {"what", what}});
  log::warning("step {} {}", report.step, what);
}

void Recorder::finish() {
  if (bar_) bar_->finish();
  bar_.reset();
}

}  // namespace lx
