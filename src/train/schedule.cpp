// The schedules. All but piecewise begin with a linear warm-up, whose first step is 1/n of the peak and not zero.
#include "train/schedule.h"

#include "train/section.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lx {
namespace {
enum class Fall { linear, sqrt };
}

template <>
struct config::EnumNames<Fall> {
  static constexpr std::array<std::pair<std::string_view, Fall>, 2> names{
      {{"linear", Fall::linear}, {"sqrt", Fall::sqrt}}};
};

namespace {

constexpr std::string_view kWarmupHelp = "linear rise: steps when 1 or more, else a share of the budget";

/// A warm-up, then a curve over what remains of the budget.
class WarmedUp : public Schedule {
 public:
  WarmedUp(double warmup, const std::string& path, std::optional<int64_t> total_steps) : warmup_(warmup) {
    if (warmup < 1) return;
    require(total_steps.has_value(),
            "{}.warmup must be a share of the budget (below 1) when the budget is in minutes, got {}", path, warmup);
    require(warmup <= static_cast<double>(*total_steps), "{}.warmup takes {} steps of a run of {}: lower it", path,
            warmup, *total_steps);
    warmup_ = warmup / static_cast<double>(*total_steps);
  }

  double factor(const TrainProgress& now) const final {
    if (now.done < warmup_) return std::min(1.0, (now.done + now.stride) / warmup_);
    return after_warmup(warmup_ < 1 ? std::clamp((now.done - warmup_) / (1 - warmup_), 0.0, 1.0) : 1.0);
  }

 private:
  virtual double after_warmup(double t) const = 0;  // t from 0 (warmed up) to 1 (budget spent)
  double warmup_;                                   // share of the budget
};

struct Cosine final : WarmedUp {
  struct Config {
    double warmup = 0.05, final_factor = 0.1;
    static constexpr auto fields() {
      return std::tuple{config::field("warmup", &Config::warmup, kWarmupHelp, config::not_negative()),
                        config::field("final", &Config::final_factor, "factor at the end", config::between(0, 1))};
    }
  } config;
  Cosine(Config c, const std::string& path, std::optional<int64_t> steps)
      : WarmedUp(c.warmup, path, steps), config(c) {}
  double after_warmup(double t) const override {
    return config.final_factor + (1 - config.final_factor) * 0.5 * (1 + std::cos(std::numbers::pi * t));
  }
};

struct Linear final : WarmedUp {
  struct Config {
    double warmup = 0.05, final_factor = 0;
    static constexpr auto fields() {
      return std::tuple{config::field("warmup", &Config::warmup, kWarmupHelp, config::not_negative()),
                        config::field("final", &Config::final_factor, "factor at the end", config::between(0, 1))};
    }
  } config;
  Linear(Config c, const std::string& path, std::optional<int64_t> steps)
      : WarmedUp(c.warmup, path, steps), config(c) {}
  double after_warmup(double t) const override { return 1 - (1 - config.final_factor) * t; }
};

struct Constant final : WarmedUp {
  struct Config {
    double warmup = 0.05;
    static constexpr auto fields() {
      return std::tuple{config::field("warmup", &Config::warmup, kWarmupHelp, config::not_negative())};
    }
  } config;
  Constant(Config c, const std::string& path, std::optional<int64_t> steps)
      : WarmedUp(c.warmup, path, steps), config(c) {}
  double after_warmup(double) const override { return 1; }
};

/// Constant, then a short fall (Hu et al. 2024, MiniCPM; 1-sqrt: Hägele et al. 2024).
struct WarmupStableDecay final : Schedule {
  struct Config {
    double warmup = 0.05, decay = 0.2, final_factor = 0;
    Fall shape = Fall::sqrt;
    static constexpr auto fields() {
      return std::tuple{
          config::field("warmup", &Config::warmup, kWarmupHelp, config::not_negative()),
          config::field("decay", &Config::decay, "share of the budget spent falling", config::between(0, 1)),
          config::field("final", &Config::final_factor, "factor at the end", config::between(0, 1)),
          config::field("shape", &Config::shape, "how it falls: a line, or 1 - sqrt(t)")};
    }
  } config;

  struct Plateau final : WarmedUp {
    using WarmedUp::WarmedUp;
    double after_warmup(double) const override { return 1; }
  } plateau;

  WarmupStableDecay(Config c, const std::string& path, std::optional<int64_t> steps)
      : config(c), plateau(c.warmup, path, steps) {
    const double warmup = c.warmup < 1 ? c.warmup : c.warmup / static_cast<double>(*steps);
    require(warmup + c.decay <= 1 + 1e-12, "{}: the warm-up ({}) and the decay ({}) take more than the whole budget",
            path, c.warmup, c.decay);
  }

  double factor(const TrainProgress& now) const override {
    const double start = 1 - config.decay;
    if (config.decay == 0 || now.done <= start) return plateau.factor(now);
    const double t = std::min(1.0, (now.done - start) / config.decay);
    const double fallen = config.shape == Fall::linear ? t : std::sqrt(t);
    return 1 - (1 - config.final_factor) * fallen;
  }
};

/// Straight lines between given points; before the first and after the last the factor stays. Su's Tiger runs:
/// {0: 0, 1000: 1, 160000: 0.5, 640000: 0.1, 1280000: 0.01}.
struct Piecewise final : Schedule {
  struct Config {
    std::map<std::string, double> points{{"0", 1}};
    static constexpr auto fields() {
      return std::tuple{
          config::field("points", &Config::points, "step: factor, straight lines between", config::between(0, 1))};
    }
  };
  std::map<double, double> points;

  Piecewise(const Config& config, const std::string& path, std::optional<int64_t>) {
    require(!config.points.empty(), "{}.points must hold at least one 'step: factor'", path);
    for (const auto& [text, factor] : config.points) {
      size_t used = 0;
      double step = -1;
      try {
        step = std::stod(text, &used);
      } catch (const std::exception&) {
        used = 0;
      }
      require(used == text.size() && used > 0 && step >= 0 && std::isfinite(step),
              "{}.points: '{}' is not a number of steps", path, text);
      require(points.emplace(step, factor).second, "{}.points: step {} is given twice", path, text);
    }
  }

  double factor(const TrainProgress& now) const override {
    const double step = static_cast<double>(now.step);
    const auto right = points.lower_bound(step);
    if (right == points.end()) return points.rbegin()->second;
    if (right == points.begin()) return right->second;
    const auto left = std::prev(right);
    const double t = (step - left->first) / (right->first - left->first);
    return left->second + t * (right->second - left->second);
  }
};

template <class S>
ScheduleEntry schedule_entry(std::string summary, std::string source = "") {
  return {std::move(summary),
          [](const config::Node& settings, const std::string& path, std::optional<int64_t> total_steps) {
            return std::unique_ptr<Schedule>(
                std::make_unique<S>(config::read<typename S::Config>(settings, path), path, total_steps));
          },
          [] { return config::help<typename S::Config>(); }, std::move(source),
          [](const config::Node& settings, const std::string& path) {
            (void)config::read<typename S::Config>(settings, path);
          }};
}

}  // namespace

Registry<ScheduleEntry>& schedules() {
  static Registry<ScheduleEntry> registry = [] {
    Registry<ScheduleEntry> all("schedule");
    all.add("cosine", schedule_entry<Cosine>("warm-up, then half a cosine", "Loshchilov 2016, arXiv 1608.03983"));
    all.add("linear", schedule_entry<Linear>("warm-up, then a straight line"));
    all.add("constant", schedule_entry<Constant>("warm-up, then the peak"));
    all.add("wsd", schedule_entry<WarmupStableDecay>("warm-up, the peak, and a short fall at the end",
                                                     "Hu 2024, arXiv 2404.06395"));
    all.add("piecewise", schedule_entry<Piecewise>("straight lines between given points"));
    return all;
  }();
  return registry;
}

std::unique_ptr<Schedule> make_schedule(const config::Node& node, const std::string& path,
                                        std::optional<int64_t> total_steps) {
  const auto [name, settings] = split_name(node, path);
  return schedules().get(name, node.find("name")->place.prefix()).make(settings, path, total_steps);
}

}  // namespace lx
