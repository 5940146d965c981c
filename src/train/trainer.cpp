// The training loop. Its parts (parameters, rule, schedule, loss, checkpoint) know nothing of each other.
#include "train/trainer.h"

#include "base/profile.h"
#include "model/model.h"
#include "ops/precision.h"
#include "ops/product.h"
#include "train/batch_ahead.h"
#include "train/ema.h"
#include "train/interrupt.h"
#include "train/loss.h"
#include "train/optimizer.h"
#include "train/schedule.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace lx {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Batch moved(Batch batch, at::Device device) {
  for (Tensor* tensor : {&batch.tokens, &batch.targets, &batch.prefix, &batch.source, &batch.source_lengths})
    if (tensor->defined()) *tensor = tensor->to(device);
  return batch;
}

}  // namespace

struct Trainer::Loop {
  Model& model;
  const Task& task;
  const TrainConfig config;
  const int64_t length;
  const Random random;
  const fs::path checkpoints;
  const Extra extra;

  const std::optional<int64_t> last_step;
  Parameters parameters;
  const std::unique_ptr<Optimizer> optimizer;
  const std::unique_ptr<Schedule> schedule;
  std::optional<Ema> ema;
  TrainState state;
  bool averaged = false;  // adopt_average was called

  std::span<Observer* const> observers;
  double elapsed_before = 0;  // of earlier sittings
  Clock::time_point started, last_save_time;
  int64_t last_saved_step = -1;
  double step_seconds = 0;  // smoothed; for the estimates only

  Loop(Model& m, const Task& t, TrainConfig c, int64_t n, Random r, fs::path folder, Extra e)
      : model(m),
        task(t),
        config((check(c), std::move(c))),
        length(n),
        random(r),
        checkpoints(std::move(folder)),
        extra(std::move(e)),
        last_step(total_steps(config, length)),
        parameters(named_tensors(model), {config.no_decay, config.embeddings, config.decay_embeddings}),
        optimizer(make_optimizer(config.optimizer, "train.optimizer", parameters)),
        schedule(make_schedule(config.schedule, "train.schedule", last_step)) {
    if (config.ema) ema.emplace(parameters, config.ema->decay);
    state.stream = random.key();
    state.threads = at::get_num_threads();
    state.precision = precision_name(precision());
    state.data_hash = task.content_hash();
    state.config = config::dump(config);
    state.length = length;
  }

  at::Device device() const { return parameters.groups().front().values.device(); }
  int64_t tokens_per_step() const { return config.batch * config.accumulate * length; }
  CheckpointTensors tensors() {
    return {named_tensors(model), optimizer->state(), ema ? ema->state() : NamedTensors{}};
  }
  template <class Report>
  void tell(void (Observer::*hear)(const Report&), const Report& report) const {
    for (Observer* observer : observers) (observer->*hear)(report);
  }

  double elapsed() const { return elapsed_before + seconds_since(started); }
  double done() const {
    const double share = last_step ? static_cast<double>(state.step) / static_cast<double>(*last_step)
                                   : state.elapsed_seconds / (60 * *config.budget.minutes);
    return std::min(share, 1.0);
  }
  bool finished() const { return last_step ? state.step >= *last_step : done() >= 1; }
  double rate() const {
    TrainProgress now{state.step, done(), 0};
    if (last_step)
      now.stride = 1.0 / static_cast<double>(*last_step);
    else if (state.step > 0)
      now.stride = now.done / static_cast<double>(state.step);
    return optimizer->peak_rate() * schedule->factor(now);
  }

  struct Pass {
    double loss, grad_norm;
  };

  /// What step `step` reads. Called on a thread beside the one that computes: it must touch nothing that changes.
  StepBatches batches_of(int64_t step) const {
    const Random data = random.fork("data/train");
    StepBatches batches;
    for (int64_t i = 0; i < config.accumulate; ++i) {
      const auto draw = static_cast<uint64_t>(step * config.accumulate + i);
      const Model& arranger = model;
      batches.passes.push_back(arranger.arrange(task.sample(Split::train, length, config.batch, data.fork(draw))));
      batches.judged += judged_targets(batches.passes.back().targets);
    }
    return batches;
  }

  StepBatches take_batches(BatchAhead& ahead) const {
    const Timed part("data");
    return ahead.take(state.step, !last_step || state.step + 1 < *last_step);
  }

  /// Gradients of the mean loss over all judged targets of the step, whatever their share in each pass.
  Pass gradients(BatchAhead& ahead) {
    const Random noise = random.fork("train/noise");
    auto [batches, judged] = take_batches(ahead);
    require(judged > 0, "step {}: the task gave no target to judge", state.step + 1);

    {
      const Timed part("optimizer");
      parameters.zero_gradients();
    }
    double nats = 0;
    for (int64_t i = 0; i < config.accumulate; ++i) {
      // Dropout and its like draw from LibTorch's own generator: named by the step, it needs no saving.
      at::manual_seed(noise.fork(static_cast<uint64_t>(state.step * config.accumulate + i)).key());
      const Batch batch = moved(std::move(batches[static_cast<size_t>(i)]), device());
      const LossSums sums = loss_of(model, batch, {config.label_smoothing, config.z_loss});
      (sums.objective / judged).backward();
      nats += sums.nats;
    }
    parameters.check_layout();
    const Timed part("optimizer");
    return {nats / static_cast<double>(judged), parameters.gradient_norm()};
  }

  void step(BatchAhead& ahead) {
    const Clock::time_point start = Clock::now();
    const double lr = rate();
    const Pass pass = gradients(ahead);
    const bool finite = std::isfinite(pass.loss) && std::isfinite(pass.grad_norm);
    if (finite) {
      const double limit = config.clip.value_or(0);
      const Timed part("optimizer");
      optimizer->step(lr, limit > 0 && pass.grad_norm > limit ? limit / pass.grad_norm : 1);
      weights_changed();  // the flat buffer changed, which the parameters in it do not count
      if (ema) ema->update(state.step + 1);
    } else {
      refuse_or_skip(pass, lr);
    }
    ++state.step;
    state.tokens += tokens_per_step();
    state.elapsed_seconds = elapsed();
    const double took = seconds_since(start);
    step_seconds = step_seconds > 0 ? 0.9 * step_seconds + 0.1 * took : took;
    if (finite) {
      state.skips_in_a_row = 0;
      state.loss_sum += pass.loss;
      ++state.loss_count;
    }
    if (state.step % config.log_every == 0 || finished()) report_step(lr, pass.grad_norm);
  }

  void report_step(double lr, double grad_norm) {
    if (state.loss_count == 0) return;  // all skipped
    StepReport report;
    report.step = state.step;
    report.tokens = state.tokens;
    report.loss = state.loss_sum / static_cast<double>(state.loss_count);
    report.lr = lr;
    report.grad_norm = grad_norm;
    report.seconds = state.elapsed_seconds;
    report.tokens_per_second = static_cast<double>(tokens_per_step()) / std::max(step_seconds, 1e-9);
    report.done = done();
    report.seconds_left = last_step ? static_cast<double>(*last_step - state.step) * step_seconds
                                    : (1 - report.done) * 60 * *config.budget.minutes;
    state.loss_sum = 0;
    state.loss_count = 0;
    tell(&Observer::on_step, report);
  }

  void refuse_or_skip(const Pass& pass, double lr) {
    ++state.skips;
    ++state.skips_in_a_row;
    const bool enough = state.skips_in_a_row > config.max_skips;
    if (config.on_nonfinite == OnNonfinite::stop || enough) {
      const auto last = find_last(checkpoints);
      fail(
          "training stopped at step {}: the {} is not finite (loss {}, learning rate {}, gradient norm {}{}; last good "
          "checkpoint: {}); lower train.optimizer.lr or train.clip{}",
          state.step + 1, std::isfinite(pass.loss) ? "gradient" : "loss", pass.loss, lr, pass.grad_norm,
          enough ? fmt::format(", after {} skipped steps in a row", config.max_skips) : "",
          last ? shown(last->path) : "none", enough ? "" : ", or set train.on_nonfinite=skip");
    }
    optimizer->skip();
    tell(&Observer::on_skip, SkipReport{state.step + 1, pass.loss, lr, pass.grad_norm, state.skips_in_a_row});
  }

  struct Score {
    double loss, accuracy;
  };

  Score score_validation() {
    const Ema::Lent average(ema ? &*ema : nullptr);
    const at::NoGradGuard no_grad;
    model.eval();
    const Random data = random.fork("data/valid");
    double nats = 0;
    int64_t judged = 0, correct = 0;
    for (int64_t from = 0; from < config.validate.windows; from += config.batch) {
      const int64_t count = std::min(config.batch, config.validate.windows - from);
      const Batch batch = moved(
          model.arrange(task.sample(Split::valid, length, count, data.fork(static_cast<uint64_t>(from)))), device());
      const LossSums sums = loss_of(model, batch, {});
      nats += sums.nats;
      correct += sums.correct;
      judged += judged_targets(batch.targets);
    }
    model.train();
    require(judged > 0, "the task gave no target to judge on its validation split");
    return {nats / static_cast<double>(judged), static_cast<double>(correct) / static_cast<double>(judged)};
  }

  void validate() {
    const auto [loss, accuracy] = score_validation();
    const bool best = std::isfinite(loss) && (!state.best_loss || loss < *state.best_loss);
    if (best) state.best_loss = loss, state.best_step = state.step;
    tell(&Observer::on_valid, ValidReport{state.step, loss, accuracy, config.validate.windows, best});
    if (best && config.checkpoint.best) save(checkpoints / "best");
    state.elapsed_seconds = elapsed();
  }

  void save(const fs::path& folder) {
    state.elapsed_seconds = elapsed();
    if (extra) state.extra = extra();
    save_checkpoint(folder, state, tensors());
    tell(&Observer::on_save, SaveReport{state.step, folder});
  }

  void save_step() {
    if (last_saved_step == state.step) return;
    save(checkpoint_path(checkpoints, state.step));
    remove_older(checkpoints, config.checkpoint.keep);
    last_saved_step = state.step;
    last_save_time = Clock::now();
  }

  Outcome run(std::span<Observer* const> listeners) {
    require(!averaged, "a training whose average was adopted cannot go on");
    const InterruptGuard guard;
    observers = listeners;
    started = last_save_time = Clock::now();
    elapsed_before = state.elapsed_seconds;
    model.train();
    tell(&Observer::on_start,
         StartReport{state.step, last_step,
                     config.budget.minutes ? std::optional(60 * *config.budget.minutes) : std::nullopt,
                     tokens_per_step(), parameters.count()});
    // A run on one thread is meant to take one processor: a second thread would only take turns with it.
    BatchAhead ahead([this](int64_t step) { return batches_of(step); }, at::get_num_threads() > 1);
    while (!finished()) {
      if (interrupt_signal() != 0) {
        save_step();
        return Outcome::interrupted;
      }
      step(ahead);
      const int64_t every = config.validate.every;
      if (every > 0 && (state.step % every == 0 || finished())) validate();
      const TrainConfig::Saving& saving = config.checkpoint;
      if (saving.every > 0 && state.step % saving.every == 0) save_step();
      if (saving.minutes && seconds_since(last_save_time) >= 60 * *saving.minutes) save_step();
    }
    save_step();
    return Outcome::finished;
  }

  std::optional<TrainState> resume() {
    const auto found = find_last(checkpoints);
    if (!found) return std::nullopt;
    check_same_run(*found, state);
    load_checkpoint(*found, tensors());
    const TrainState now = std::move(state);
    state = found->state;
    state.threads = now.threads;
    state.config = now.config;
    last_saved_step = state.step;
    return state;
  }
};

Trainer::Trainer(Model& model, const Task& task, TrainConfig config, int64_t length, Random random,
                 fs::path checkpoints, Extra extra)
    : loop_(std::make_unique<Loop>(model, task, std::move(config), length, random, std::move(checkpoints),
                                   std::move(extra))) {}
Trainer::~Trainer() = default;
std::optional<TrainState> Trainer::resume() { return loop_->resume(); }
Outcome Trainer::run(std::span<Observer* const> observers) { return loop_->run(observers); }
const TrainState& Trainer::state() const { return loop_->state; }

void Trainer::adopt_average() {
  if (loop_->ema) loop_->ema->swap();
  loop_->averaged = true;
}

}  // namespace lx
