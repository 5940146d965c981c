#include "experiment/match.h"

#include "attention/stack.h"
#include "base/error.h"
#include "base/text.h"
#include "config/interpolate.h"
#include "experiment/check_config.h"
#include "experiment/model_cost.h"
#include "model/mixer.h"
#include "model/model_registry.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace lx {
namespace {

constexpr double kNear = 0.01;    // what counts as equal
constexpr double kExact = 0.001;  // where the inner width is left alone

std::string model_name(const config::Node& section) {
  const config::Node* name = section.find("name");
  return name && name->is_string() ? name->string() : "decoder";
}

/// The model to be as large as, composed from the words of the run.
struct MatchReference {
  const ConfigRequest& request;

  /// "+model.width=3", for the key "model.": true
  static bool about(const std::string& word, const std::string& key) {
    const std::string plain = word.substr(std::min(word.find_first_not_of("+~"), word.size()));
    return plain.starts_with(key);
  }

  static config::Node section_of(const ConfigRequest& one) {
    config::Node resolved = config::resolve_config(compose_run_config(one).composition());
    check_sections(resolved);
    config::Node* section = resolved.find("model");
    section->map().erase("match");  // the reference stands as its settings say
    return *section;
  }

  config::Node named(const std::string& name) const {
    ConfigRequest other = request;
    std::vector<std::string> settings;
    other.overrides.clear();
    for (const std::string& word : request.overrides) {
      if (about(word, "model=") || about(word, "model.match")) continue;
      (about(word, "model.") ? settings : other.overrides).push_back(word);
    }
    other.overrides.push_back("model=" + name);
    return with_settings(other, settings);
  }

  /// With those of the settings that the reference has. Some mean something only beside others (another mixer and its
  /// own keys): what was refused is tried again when something else was taken.
  static config::Node with_settings(const ConfigRequest& plain, const std::vector<std::string>& settings) {
    config::Node section = section_of(plain);
    std::vector<bool> taken(settings.size(), true);
    const auto try_taken = [&] {
      ConfigRequest with = plain;
      for (size_t i = 0; i < settings.size(); ++i)
        if (taken[i]) with.overrides.push_back(settings[i]);
      try {
        section = section_of(with);
        return true;
      } catch (const Error&) {
        return false;
      }
    };
    if (settings.empty() || try_taken()) return section;
    taken.assign(settings.size(), false);
    for (bool more = true; more;) {
      more = false;
      for (size_t i = 0; i < settings.size(); ++i) {
        if (taken[i]) continue;
        taken[i] = true;
        if (try_taken())
          more = true;
        else
          taken[i] = false;
      }
    }
    return section;
  }
};

class Sizes {
 public:
  Sizes(const RunConfig& config, const MatchConfig& match, double goal, std::string reference)
      : config_(config), match_(match), goal_(goal), reference_(std::move(reference)) {}

  /// The sentence that says what was chosen; `config.model` holds it.
  std::string choose() {
    const double given = cost(config_.model);
    if (std::abs(given / goal_ - 1) < kNear) return sentence(given);
    config_.model = with_width();
    double found = cost(config_.model);
    if (std::abs(found / goal_ - 1) > kExact) found = choose_inner(found);
    require(std::abs(found / goal_ - 1) < kNear,
            "{}model.match: no width and inner width give model.name={} {} within 1 % of {}; the nearest is {}, {}: "
            "change its layers, or model.match=null",
            match_.to.place.prefix(), model_name(config_.model), quantity(), reference_, sizes(), amount(found));
    return sentence(found);
  }

  const config::Node& model() const { return config_.model; }
  bool changed() const { return !chosen_.empty(); }

 private:
  RunConfig config_;
  const MatchConfig& match_;
  double goal_;
  std::string reference_;
  std::vector<std::string> chosen_;  // keys below `model`

  double cost(const config::Node& model) const {
    RunConfig own = config_;
    own.model = model;
    const auto found = cost_of(*unread_model(own), own, match_.on);
    require(found.has_value(),
            "{}model.match.on=inference: model.name={} writes no text, so that there is nothing to be made equal",
            match_.to.place.prefix(), model_name(model));
    return *found;
  }

  static int64_t whole(const config::Node& model, const std::string& key, int64_t otherwise) {
    const config::Node* node = model.find(key);
    return node && !node->is_null() ? config::detail::to_int(*node, "model." + key) : otherwise;
  }

  static std::string mixer_name(const config::Node& model) {
    const config::Node* name = model.find("mixer.name");
    return name && name->is_string() ? name->string() : "attention";
  }

  /// Every number of heads that divides the width.
  static int64_t heads(const config::Node& model) {
    int64_t step = 1;
    const auto divided = [&](const std::string& part, int64_t otherwise) {
      if (whole(model, part + ".head_dim", 0) == 0) step = std::lcm(step, whole(model, part + ".heads", otherwise));
    };
    divided("mixer", mixer_name(model) == "attention" ? 4 : 1);
    if (model_name(model) == "encoder_decoder") divided("cross", 4);
    return step;
  }

  config::Node of_width(int64_t width) const {
    config::Node model = config_.model;
    model.set("width", config::Node(width));
    return model;
  }

  /// The largest multiple of `step` that costs no more than the reference.
  int64_t largest(int64_t step) const {
    int64_t low = 1, high = 2;  // multiples; low fits
    const double least = cost(of_width(step));
    require(least <= goal_,
            "{}model.match: {} has {}, and model.name={} of width {} has more already ({}): give it fewer layers, or "
            "model.match=null",
            match_.to.place.prefix(), reference_, amount(goal_), model_name(config_.model), step, amount(least));
    while (cost(of_width(high * step)) <= goal_) {
      low = high;
      high *= 2;
    }
    while (high - low > 1) {
      const int64_t middle = (low + high) / 2;
      (cost(of_width(middle * step)) <= goal_ ? low : high) = middle;
    }
    return low * step;
  }

  /// Heads of an even width, since rotations turn pairs; of a multiple of four where an encoding asks for more.
  config::Node with_width() {
    const int64_t plain = 2 * heads(config_.model);
    int64_t width = 0;
    for (const int64_t step : {plain, 2 * plain, 4 * plain}) {
      try {
        width = largest(step);
        break;
      } catch (const DoesNotApply&) {
        if (step == 4 * plain) throw;
      }
    }
    if (width != whole(config_.model, "width", 0)) chosen_.emplace_back("width");
    return of_width(width);
  }

  /// The cost is linear in the inner width.
  double choose_inner(double found) {
    const bool gated = mixers().get(mixer_name(config_.model)).gated_unit;
    const std::string key = gated ? "mixer.inner_width" : "feed_forward.inner";
    const int64_t width = whole(config_.model, "width", 128);
    const config::Node* ratio = config_.model.find("feed_forward.ratio");
    int64_t now = whole(config_.model, key, 0);
    if (now == 0 && gated) now = 2 * width;
    if (now == 0)
      now = std::llround((ratio ? config::detail::to_double(*ratio, "model.feed_forward.ratio") : 4) *
                         static_cast<double>(width));
    const auto with = [&](int64_t inner) {
      config::Node model = config_.model;
      model.set(key, config::Node(inner));
      if (config::Node* part = model.find("feed_forward"); part && !gated) part->map().erase("ratio");
      return model;
    };
    const double more = cost(with(2 * now));
    const int64_t inner = now + std::llround((goal_ - found) * static_cast<double>(now) / (more - found));
    if (inner < 1 || inner == now) return found;
    config_.model = with(inner);
    chosen_.push_back(key);
    return cost(config_.model);
  }

  std::string quantity() const {
    return match_.on == MatchOn::parameters  ? "parameters"
           : match_.on == MatchOn::inference ? "operations for a decoded token"
                                             : "operations for a trained token";
  }
  std::string amount(double value) const { return fmt::format("{} {}", format_count(value), quantity()); }

  std::string sizes() const {
    std::vector<std::string> all{fmt::format("width {}", whole(config_.model, "width", 128))};
    for (const char* key : {"feed_forward.inner", "mixer.inner_width"})
      if (std::find(chosen_.begin(), chosen_.end(), key) != chosen_.end())
        all.push_back(fmt::format("inner width {}", whole(config_.model, key, 0)));
    return join(all, ", ");
  }

  std::string sentence(double found) const {
    return fmt::format("model.match: {}{}: {} ({} has {}, {:+.2f} %)", sizes(), changed() ? "" : " as given",
                       amount(found), reference_, format_count(goal_), 100 * (found / goal_ - 1));
  }
};

}  // namespace

void settle_match(ResolvedRun& run, const ConfigRequest& request) {
  config::Node* section = run.resolved.find("model");
  const config::Node* written = section ? section->find("match") : nullptr;
  if (!written) return;
  const config::Node asked = *written;
  section->map().erase("match");
  run.config.model = *section;
  if (asked.is_null()) return;
  const auto match = config::read<MatchConfig>(asked, "model.match");
  require(match.to.is_string() || match.to.is_map(),
          "{}model.match.to is a file of configs/model, or the settings of a model", asked.place.prefix());
  const std::string name = match.to.is_string() ? match.to.string() : "the reference";
  RunConfig reference = run.config;
  reference.model = match.to.is_string() ? MatchReference{request}.named(name) : match.to;
  std::optional<double> goal;
  try {
    goal = cost_of(*unread_model(reference), reference, match.on);
  } catch (const DoesNotApply& why) {
    throw DoesNotApply(fmt::format("{}model.match.to, {}: {}", asked.place.prefix(), name, why.what()));
  }
  require(goal.has_value(), "{}model.match.on=inference: the model to be as large as ({}) writes no text",
          asked.place.prefix(), name);
  Sizes sizes(run.config, match, *goal, name);
  run.sizes = sizes.choose();
  *section = sizes.model();
  run.config.model = *section;
}

}  // namespace lx
