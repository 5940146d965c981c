#include "experiment/bench_grid.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/experiment_file.h"
#include "config/sweep.h"

#include <algorithm>
#include <charconv>

namespace lx {
namespace {

struct BenchGrid {
  using Keys = std::vector<std::pair<std::string, std::string>>;

  static constexpr int64_t kTokens = 4096;  // of a step

  const ConfigRequest& request;
  const BenchOptions& options;

  static std::string plain(const std::string& word) {
    return word.substr(std::min(word.find_first_not_of('+'), word.size()));
  }

  bool types(const char* key) const {
    return std::any_of(request.overrides.begin(), request.overrides.end(),
                       [&](const std::string& word) { return plain(word).starts_with(key); });
  }
  bool types_batch() const { return types("train.batch="); }

  /// Files that were chosen say how many windows they want in a pass.
  bool chooses_batch() const {
    return request.config_name != "run" || types("train=") ||
           std::any_of(request.overrides.begin(), request.overrides.end(), config::is_experiment_file);
  }

  /// The batch that makes a step of so many tokens; 0: leave it as it is.
  int64_t batch(const RunConfig& config) const {
    if (options.tokens && types_batch())
      throw UsageError("--tokens chooses the batch: leave --tokens or train.batch out");
    if (!options.tokens && (types_batch() || chooses_batch())) return 0;
    const int64_t wanted = options.tokens.value_or(kTokens) / (config.length * config.train.accumulate);
    return std::max<int64_t>(wanted, 1);
  }

  BenchSetup setup(const std::vector<std::string>& words) const {
    ConfigRequest one = request;
    one.overrides = words;
    // Noise is neither repeated nor is there any need that it could be, at the lengths that were typed.
    if (types("eval.lengths=") && !types("eval.texts=") && !types("eval.period="))
      one.overrides.emplace_back("++eval.texts=[natural]");
    BenchSetup out{make_run_config(one).config, {}};
    if (const int64_t windows = batch(out.config); windows > 0) out.config.train.batch = windows;
    out.cell.overrides = words;
    out.cell.threads = out.config.runtime.threads;
    return out;
  }

  static std::string label(const Keys& keys) {
    std::vector<std::string> words;
    for (const auto& [key, value] : keys) words.push_back(key + "=" + value);
    return join(words, " ");
  }

  std::vector<BenchSetup> all() const {
    const auto values = [&](const std::string& group) { return config::options(search_path(request), group); };
    const std::vector<config::SweepAxis> axes = config::sweep_axes({}, request.overrides, values);
    std::vector<BenchSetup> cells;
    for (const std::vector<std::string>& words : config::sweep_product(axes)) {
      Keys keys;
      for (size_t i = 0; i < words.size(); ++i)
        if (axes[i].is_sweep()) keys.emplace_back(plain(axes[i].key), words[i].substr(axes[i].key.size() + 1));
      try {
        cells.push_back(setup(words));
      } catch (const UsageError&) {
        throw;
      } catch (const Error& error) {
        if (keys.empty()) throw;
        throw Error(fmt::format("cell {} ({}): {}", cells.size(), label(keys), error.what()));
      }
      cells.back().cell.label = label(keys);
      cells.back().cell.keys = std::move(keys);
    }
    if (cells.empty()) throw UsageError("lx bench: these words name no cell (a range without values)");
    const config::Node& sweep = cells.front().config.sweep;
    const bool asks = std::any_of(sweep.map().begin(), sweep.map().end(), [](const auto& entry) {
      const config::Node& node = entry.second;
      return (node.is_list() && !node.list().empty()) || (node.is_map() && !node.map().empty());
    });
    if (asks) log::warning("the section `sweep` is left aside: lx bench takes several values on the command line only");
    return cells;
  }
};

/// Which cell each one is held against.
struct BenchReference {
  std::vector<BenchSetup>& cells;

  static const std::string* find(const BenchGrid::Keys& keys, const std::string& wanted) {
    for (const auto& [key, value] : keys)
      if (key == wanted) return &value;
    return nullptr;
  }

  void set_number(int64_t number) const {
    if (number < 0 || number >= static_cast<int64_t>(cells.size()))
      throw UsageError(fmt::format("--against: there is no cell {}, the last is {}", number, cells.size() - 1));
    for (size_t i = 0; i < cells.size(); ++i)
      if (static_cast<int64_t>(i) != number) cells[i].cell.reference = number;
  }

  /// Each cell against the one that differs from it in these keys only.
  void set_pattern(const std::string& text) const {
    BenchGrid::Keys pattern;
    for (const std::string& part : split(text, ',')) {
      const size_t equals = part.find('=');
      const std::string key = part.substr(0, equals);
      if (equals == std::string::npos || !find(cells.front().cell.keys, key))
        throw UsageError(
            fmt::format("--against is the number of a cell, or KEY=VALUE of keys that vary, got '{}'", part));
      pattern.emplace_back(key, part.substr(equals + 1));
    }
    bool any = false;
    for (BenchSetup& one : cells) {
      BenchGrid::Keys wanted = one.cell.keys;
      for (auto& [key, value] : wanted)
        if (const std::string* other = find(pattern, key)) value = *other;
      for (size_t i = 0; i < cells.size(); ++i) {
        if (cells[i].cell.keys != wanted) continue;
        any = true;
        if (&cells[i] != &one) one.cell.reference = static_cast<int64_t>(i);
      }
    }
    if (!any) throw UsageError(fmt::format("--against={}: no cell has these values", text));
  }

  void set(const std::string& against) const {
    if (against.empty()) return set_number(0);
    int64_t number = 0;
    const auto [end, error] = std::from_chars(against.data(), against.data() + against.size(), number);
    if (error == std::errc() && end == against.data() + against.size()) return set_number(number);
    set_pattern(against);
  }
};

}  // namespace

std::vector<BenchSetup> bench_grid(const ConfigRequest& request, const BenchOptions& options) {
  std::vector<BenchSetup> cells = BenchGrid{request, options}.all();
  BenchReference{cells}.set(options.against);
  return cells;
}

}  // namespace lx
