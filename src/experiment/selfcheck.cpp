#include "experiment/selfcheck.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/yaml.h"
#include "encoding/company.h"
#include "encoding/register.h"
#include "encoding/stack_config.h"
#include "experiment/encoded_model.h"
#include "experiment/stack_check.h"
#include "model/layers.h"
#include "report/progress.h"
#include "report/table.h"
#include "tensor/machine.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace lx {
namespace {

// Small, so that everything takes seconds, and well beyond the trained length. Sizes of nothing in particular.
constexpr int64_t kCheckTrained = 12, kCheckTokens = 40;

/// A row of a table: some stacks, and what owns their modifiers.
struct CheckSubject {
  std::string name;
  std::vector<PlacedStack> stacks;
  std::shared_ptr<void> owner;
};

struct CheckSection {
  std::string title;
  std::vector<std::function<CheckSubject()>> rows;  // built one at a time
};

class SelfCheck {
 public:
  explicit SelfCheck(const SelfCheckRequest& request) : request_(request.config) {
    std::vector<std::string> rest, named;
    bool described = false, own_model = false;
    for (const std::string& word : request.config.overrides) {
      const std::string key = word.substr(std::min(word.find_first_not_of("+~"), word.size()));
      if (word.starts_with("encoding="))
        named.push_back(word.substr(std::string_view("encoding=").size()));
      else
        rest.push_back(word);
      described = described || key.starts_with("encoding.") || word.ends_with(".yaml") || word.ends_with(".yml");
      own_model = own_model || key.starts_with("model=") || key.starts_with("model.");
    }
    request_.overrides = {fmt::format("length={}", kCheckTrained),
                          "runtime.threads=1",  // more only wait on each other
                          "runtime.precision=fp32"};
    const bool everything = named.empty() && !described;
    request_.overrides.insert(request_.overrides.end(), rest.begin(), rest.end());
    small_ = request_;
    if (!own_model) small_.overrides.insert(small_.overrides.end(), {"model.width=32", "++model.mixer.heads=4"});

    const RunConfig config = make_run_config(request_).config;
    require(config.runtime.device == Device::cpu, "lx selfcheck computes on the CPU: leave out runtime.device=cuda");
    require(config.runtime.precision == PrecisionChoice::fp32,
            "lx selfcheck compares to the last digits of float32: leave out runtime.precision={}",
            config::enum_name(config.runtime.precision));
    apply(config.runtime);
    trained_ = config.length;
    tokens_ = request.tokens.value_or(std::max(kCheckTokens, trained_ + trained_ / 4));
    if (everything) {
      add_encodings();
      add_modifiers();
      add_variants(config.eval.variants);
    } else if (named.empty()) {
      add_layers("this encoding, layer", request_);
    }
    for (const std::string& name : named) {
      ConfigRequest own = request_;
      own.overrides.push_back("encoding=" + name);
      add_layers("encoding " + name + ", layer", own);
    }
  }

  bool run() {
    log::info("{}", one_line(describe_machine()));
    fmt::print("{} tokens, N = {}; learned parameters moved off their starting values\n", tokens_, trained_);
    int64_t total = 0, done = 0;
    for (const CheckSection& section : sections_) total += static_cast<int64_t>(section.rows.size());
    ProgressBar bar("check", total, "rows");
    std::string tables;
    for (const CheckSection& section : sections_) {
      Table table({section.title, "one pass vs definition", "token by token vs one pass", "float32 vs float64",
                   "gradient", "verdict"});
      for (const auto& build : section.rows) {
        std::string note;
        try {
          const CheckSubject subject = build();
          add_row(table, section.title, subject);
          note = subject.name;
        } catch (const Error& why) {
          failures_.push_back(fmt::format("{}: {}", section.title, why.what()));
          ++failed_rows_;
        }
        bar.update(++done, note);
      }
      tables += "\n" + table.text();
    }
    bar.finish();
    fmt::print("{}", tables);
    print_notes();
    print_summary();
    return failures_.empty();
  }

 private:
  void add_encodings() {
    CheckSection section{"encoding", {}};
    for (const std::string& name : ready_encodings(request_)) {
      section.rows.emplace_back([this, name] {
        const EncodedModel built = encoded("encoding=" + name);
        return CheckSubject{name, distinct(built), built.model};
      });
    }
    sections_.push_back(std::move(section));
  }

  /// In a small model; where its heads do not suit the encoding, in the one of the configuration.
  EncodedModel encoded(const std::string& encoding) const {
    ConfigRequest small = small_, full = request_;
    small.overrides.push_back(encoding);
    full.overrides.push_back(encoding);
    try {
      return encoded_model(small);
    } catch (const Error&) {
      return encoded_model(full);
    }
  }

  /// Layers that say the same are judged once.
  static std::vector<PlacedStack> distinct(const EncodedModel& built) {
    std::vector<PlacedStack> kept;
    std::set<std::string> met;
    for (const PlacedStack& placed : built.stacks) {
      const Shape& shape = placed.stack->shape();
      std::string key = placed.group;
      for (const Stack::Item& item : placed.stack->items()) key += " " + item.name + mode_of(item.when);
      key += " " + entry_of_layer(built.config.encoding, shape.layer, shape.layers, "encoding").path;
      if (met.insert(key).second) kept.push_back(placed);
    }
    return kept;
  }

  void add_modifiers() {
    // Query heads share key heads here; models of the other rows have one key head each.
    const Shape shape{
        .heads = 4, .key_heads = 2, .head_dim = 8, .width = 10, .trained_length = trained_, .random = Random(4)};
    CheckSection section{"modifier in company", {}};
    for (const std::string& name : modifiers().names()) {
      section.rows.emplace_back([shape, name] {
        const std::string yaml = in_company(name, shape);
        std::vector<Stack::Item> items;
        append_modifiers(items, *config::parse_yaml("stack: " + yaml, name).find("stack"), shape, "stack");
        const auto stack = std::make_shared<Stack>(shape, std::move(items));
        return CheckSubject{yaml, {{"", "", stack.get()}}, stack};
      });
    }
    sections_.push_back(std::move(section));
  }

  void add_variants(const config::Node& variants) {
    CheckSection section{"eval variant", {}};
    for (const auto& [variant, change] : variants.map()) {
      section.rows.emplace_back([this, name = variant, modifiers = change] {
        try {
          const EncodedModel built = encoded_model(small_, modifiers);
          return CheckSubject{name, distinct(built), built.model};
        } catch (const DoesNotApply& why) {
          log::warning("variant {} is left out: {}", name, why.what());
          return CheckSubject{name, {}, nullptr};
        }
      });
    }
    sections_.push_back(std::move(section));
  }

  void add_layers(const std::string& title, const ConfigRequest& request) {
    const auto built = std::make_shared<EncodedModel>(encoded_model(request));
    CheckSection section{title, {}};
    for (const PlacedStack& placed : built->stacks) {
      section.rows.emplace_back([built, placed] {
        std::vector<std::string> names;
        for (const Stack::Item& item : placed.stack->items()) names.push_back(item.name + mode_of(item.when));
        constexpr std::string_view kLayer = "layer ";  // the column's head says so
        const std::string place = placed.place.starts_with(kLayer) ? placed.place.substr(kLayer.size()) : placed.place;
        return CheckSubject{
            place + ": " + (names.empty() ? "nothing" : join(names, ", ")), {{"", "", placed.stack}}, built};
      });
    }
    sections_.push_back(std::move(section));
  }

  static std::string mode_of(When when) {
    return when == When::train ? " (train)" : when == When::test ? " (test)" : "";
  }

  StackCheck judged(const Stack& stack) const {
    const int64_t tokens = std::min(tokens_, stack.longest_text());
    StackCheck check = check_stack(stack, tokens);
    if (tokens < tokens_) check.note = fmt::format("reads at most {} tokens, and is judged on so many", tokens);
    return check;
  }

  void add_row(Table& table, const std::string& section, const CheckSubject& subject) {
    if (subject.stacks.empty()) return;
    StackCheck worst;
    std::string trouble;
    for (const PlacedStack& placed : subject.stacks) {
      ++stacks_;
      try {
        worst.meet(judged(*placed.stack), placed.place);
      } catch (const std::exception& error) {
        const std::string what = error.what();
        trouble = what.substr(0, what.find('\n'));
      }
    }
    const std::string name = section + " " + subject.name;
    if (!worst.note.empty()) notes_[worst.note].push_back(subject.name);
    if (!trouble.empty()) failures_.push_back(fmt::format("{}: {}", name, trouble));
    std::vector<std::string> cells{subject.name};
    for (const auto& [difference, what] : {std::pair{&worst.definition, "one pass vs definition"},
                                           {&worst.decoding, "token by token vs one pass"},
                                           {&worst.precision, "float32 vs float64"},
                                           {&worst.gradient, "gradient"}}) {
      cells.push_back(difference->value ? fmt::format("{:.1e}", *difference->value) : "—");
      if (!difference->within())
        failures_.push_back(fmt::format("{}: {} {:.1e} ({})", name, what, *difference->value, difference->call));
      if (difference->value) largest_.meet(*difference->value, fmt::format("{}, {}", what, name));
    }
    cells.emplace_back(worst.ok() && trouble.empty() ? "ok" : "FAILED");
    if (!worst.ok() || !trouble.empty()) ++failed_rows_;
    table.row(std::move(cells));
  }

  void print_notes() const {
    if (!notes_.empty()) fmt::print("\n");
    for (const auto& [note, names] : notes_)
      fmt::print("{}\n", wrapped(fmt::format("{}: {}", note, join(names, ", ")), 0, 120));
  }

  void print_summary() const {
    fmt::print("\n");
    for (const std::string& failure : failures_) fmt::print("FAILED {}\n", failure);
    const std::string verdict =
        failures_.empty() ? "all within tolerance" : fmt::format("{} rows FAILED the tolerance of", failed_rows_);
    const std::string summary = fmt::format("{} stacks checked, {} {:.0e}; largest {:.1e} ({})", stacks_, verdict,
                                            kCheckTolerance, largest_.value.value_or(0), largest_.call);
    fmt::print("{}\n", wrapped(summary, 0, 120));
  }

  ConfigRequest request_, small_;
  int64_t trained_ = 0, tokens_ = 0, stacks_ = 0, failed_rows_ = 0;
  std::vector<CheckSection> sections_;
  std::map<std::string, std::vector<std::string>> notes_;  // note -> rows
  std::vector<std::string> failures_;
  Difference largest_;
};

}  // namespace

bool selfcheck(const SelfCheckRequest& request) { return SelfCheck(request).run(); }

}  // namespace lx
