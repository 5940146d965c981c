#include "config/sweep.h"

#include "base/text.h"
#include "config/override.h"

namespace lx::config {
namespace {

struct SweepAxis {
  std::string key;                  // up to and with '='
  std::vector<std::string> values;  // as typed

  /// The texts of `elements`, which stand in `text` one after another with commas between and end at `end`.
  static std::vector<std::string> pieces(const std::string& text, const std::vector<Element>& elements, size_t end) {
    std::vector<std::string> all;
    for (size_t n = 0; n < elements.size(); ++n) {
      const size_t from = elements[n].column, to = n + 1 < elements.size() ? elements[n + 1].column : end;
      std::string piece(trim(text.substr(from, to - from)));
      if (n + 1 < elements.size() && piece.ends_with(',')) piece.pop_back();
      all.emplace_back(trim(piece));
    }
    return all;
  }

  explicit SweepAxis(const std::string& text) {
    const Override parsed = parse_override(text);
    key = text.substr(0, text.find('=') + 1);
    if (parsed.values.size() > 1) {
      values = pieces(text, parsed.values, text.size());
      return;
    }
    const Element& call = parsed.values.front();
    if (call.kind != Element::Kind::call || call.function != "choice")
      fail_at(parsed.place, "a sweep over runs is written key=a,b or key=choice(a,b)");
    values = pieces(text, call.items, text.rfind(')'));
  }
};

}  // namespace

std::vector<std::vector<std::string>> expand_sweep(const std::vector<std::string>& overrides) {
  std::vector<std::vector<std::string>> jobs{{}};
  for (const std::string& text : overrides) {
    const bool file = text.find('=') == std::string::npos && !text.starts_with('~');  // an experiment file
    std::vector<std::string> choices{text};
    if (!file && parse_override(text).is_sweep()) {
      const SweepAxis axis(text);
      choices.clear();
      for (const std::string& value : axis.values) choices.push_back(axis.key + value);
    }
    std::vector<std::vector<std::string>> longer;
    for (const auto& job : jobs) {
      for (const std::string& choice : choices) {
        longer.push_back(job);
        longer.back().push_back(choice);
      }
    }
    jobs = std::move(longer);
  }
  return jobs;
}

}  // namespace lx::config
