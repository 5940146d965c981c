// From overrides to the axes of a sweep and on to jobs; see sweep.h.
#include "config/sweep.h"

#include "base/error.h"
#include "base/text.h"
#include "config/evaluate.h"
#include "config/experiment_file.h"
#include "config/glob.h"
#include "config/override.h"
#include "config/scalar.h"

#include <algorithm>

namespace lx::config {

namespace {

constexpr size_t kMostJobs = 1'000'000;

class AxisMaker {
 public:
  AxisMaker(const Override& parsed, const OptionsOfGroup& options) : parsed_(parsed), options_(options) {}

  SweepAxis make() {
    axis_.key = parsed_.text.substr(0, parsed_.text.find('='));
    axis_.place = parsed_.place;
    if (parsed_.values.empty()) {  // ~key
      axis_.values = {"null"};
    } else if (parsed_.kind == Override::Kind::extend) {
      axis_.values = {extension()};
    } else if (parsed_.values.size() > 1) {
      axis_.kind = SweepAxis::Kind::choice;
      for (const Element& element : parsed_.values) add(single(element));
    } else {
      fill(evaluate(parsed_.values[0], parsed_.place));
    }
    if (axis_.is_sweep()) refuse_hydra();
    return std::move(axis_);
  }

 private:
  const Override& parsed_;
  const OptionsOfGroup& options_;
  SweepAxis axis_;

  Element single(const Element& element) const {
    Evaluated out = evaluate(element, parsed_.place);
    if (out.kind != Evaluated::Kind::value)
      fail_at(parsed_.place, fmt::format("'{}': a sweep cannot be one of the values of another", parsed_.text));
    return std::move(out.value);
  }

  std::string extension() const {
    Element call = parsed_.values[0];
    for (Element& item : call.items) item = single(item);
    return element_text(call);
  }

  void add(const Element& element) {
    const bool nothing = element.kind == Element::Kind::scalar && element.quote == '\0' && element.scalar.is_string() &&
                         element.scalar.string().empty();
    axis_.values.push_back(nothing ? "" : element_text(element));
  }

  void fill(const Evaluated& value) {
    axis_.tags = value.tags;
    switch (value.kind) {
      case Evaluated::Kind::value:
        add(value.value);
        break;
      case Evaluated::Kind::choice:
        axis_.kind = SweepAxis::Kind::choice;
        for (const Element& item : value.choices) add(item);
        break;
      case Evaluated::Kind::range: {
        axis_.kind = SweepAxis::Kind::range;
        const auto whole = [](const Node& node) { return node.kind() == Node::Kind::integer; };
        axis_.range = SweepRange{value.start.real(), value.stop.real(), value.step.real(),
                                 whole(value.start) && whole(value.stop) && whole(value.step)};
        for (const Node& item : range_values(value, parsed_.place)) axis_.values.push_back(python_text(item));
        break;
      }
      case Evaluated::Kind::interval:
        axis_.kind = SweepAxis::Kind::interval;
        axis_.interval = SweepInterval{value.low, value.high, value.integer};
        break;
      case Evaluated::Kind::glob:
        axis_.kind = SweepAxis::Kind::choice;
        glob(value);
        break;
    }
  }

  void glob(const Evaluated& value) {
    const auto any = [](const std::vector<std::string>& patterns, const std::string& name) {
      return std::any_of(patterns.begin(), patterns.end(),
                         [&](const std::string& pattern) { return glob_matches(pattern, name); });
    };
    const std::vector<std::string> options = options_ ? options_(parsed_.key) : std::vector<std::string>();
    for (const std::string& option : options) {
      if (!any(value.include, option) || any(value.exclude, option)) continue;
      Element element;
      element.scalar = Node(option);
      add(element);
    }
    if (options.empty())
      fail_at(parsed_.place, fmt::format("glob() selects options of a group, but there is no group '{}'", parsed_.key));
    if (axis_.values.empty())
      fail_at(parsed_.place, fmt::format("glob() matches no option of '{}' ({})", parsed_.key, join(options, ", ")));
  }

  void refuse_hydra() const {
    if (parsed_.key == "hydra" || parsed_.key.starts_with("hydra.") || parsed_.key.starts_with("hydra/"))
      fail_at(parsed_.place, fmt::format("Sweeping over Hydra's configuration is not supported : '{}'", parsed_.text));
  }
};

// The text behind '=' of an entry of hydra.sweeper.params.
std::string param_text(const std::string& key, const Node& value) {
  const std::string name = "hydra.sweeper.params." + key;
  if (value.is_missing()) fail_at(value.place, fmt::format("Missing mandatory value: {}", name));
  if (value.is_string()) return value.string();
  if (value.is_list())
    fail_at(value.place, fmt::format("{} is a list; write the text 'a,b' to sweep, or the quoted text '[a,b]' for one "
                                     "value that is a list",
                                     name));
  if (value.is_map()) fail_at(value.place, fmt::format("{} is a dict; write dotted keys, as in 'a.b: 1,2'", name));
  return value.is_null() ? "null" : python_text(value);
}

void put_axis(std::vector<SweepAxis>& axes, SweepAxis axis) {
  const auto same = std::find_if(axes.begin(), axes.end(), [&](const SweepAxis& other) {
    return other.kind != SweepAxis::Kind::word && other.key == axis.key;
  });
  if (same == axes.end())
    axes.push_back(std::move(axis));
  else
    *same = std::move(axis);
}

}  // namespace

bool SweepAxis::has_tag(std::string_view tag) const { return std::find(tags.begin(), tags.end(), tag) != tags.end(); }

std::string SweepAxis::text(const std::string& value) const { return kind == Kind::word ? key : key + "=" + value; }

std::vector<SweepAxis> sweep_axes(const Node& params, const std::vector<std::string>& overrides,
                                  const OptionsOfGroup& options_of_group) {
  std::vector<SweepAxis> axes;
  if (!params.is_null())
    for (const auto& [key, value] : params.map()) {
      const Override parsed = parse_override(key + "=" + param_text(key, value), value.place);
      put_axis(axes, AxisMaker(parsed, options_of_group).make());
    }
  for (const std::string& text : overrides) {
    if (is_experiment_file(text)) {
      SweepAxis word;
      word.kind = SweepAxis::Kind::word;
      word.key = text;
      word.values = {""};
      axes.push_back(std::move(word));
    } else {
      put_axis(axes, AxisMaker(parse_override(text), options_of_group).make());
    }
  }
  return axes;
}

std::vector<std::vector<std::string>> sweep_product(const std::vector<SweepAxis>& axes) {
  size_t count = 1;
  for (const SweepAxis& axis : axes) {
    if (axis.interval)
      fail_at(axis.place, "BasicSweeper does not support sweep type : INTERVAL_SWEEP; an interval is for searches");
    count *= std::min(axis.values.size(), kMostJobs + 1);
    require(count <= kMostJobs, "the sweep stands for more than a million jobs");
  }
  std::vector<std::vector<std::string>> jobs;
  for (size_t number = 0; number < count; ++number) {
    std::vector<std::string> job(axes.size());
    size_t rest = number;
    for (size_t n = axes.size(); n-- > 0;) {
      const std::vector<std::string>& values = axes[n].values;
      job[n] = axes[n].text(values[rest % values.size()]);
      rest /= values.size();
    }
    jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace lx::config
