#include "sweep/compare.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/scalar.h"
#include "report/comparison_report.h"
#include "result/axis_names.h"
#include "result/store.h"

#include <algorithm>
#include <set>

namespace lx {
namespace {

struct SystemReader {
  SweptSystems out{};
  std::string text{};
  std::vector<std::string> known{};                                   // texts that some run was scored on
  std::vector<int64_t> lacking{};                                     // cells without this one
  std::set<std::pair<std::vector<std::string>, std::string>> read{};  // labels and run: cells may share a run

  void find_keys(const std::vector<SweepCell>& cells) {
    for (const SweepCell& cell : cells)
      for (const auto& [key, value] : cell.coordinates)
        if (key != "seed" && std::find(out.keys.begin(), out.keys.end(), key) == out.keys.end())
          out.keys.push_back(key);
  }

  std::vector<std::string> labels(const SweepCell& cell) const {
    std::vector<std::string> words;
    for (const std::string& key : out.keys) {
      words.emplace_back();
      for (const auto& [name, value] : cell.coordinates)
        if (name == key)
          words.back() = value.is_list() || value.is_map() ? config::to_json(value) : config::python_text(value);
    }
    return words;
  }

  void add(const SweepCell& cell) {
    std::vector<std::string> own = labels(cell);
    if (!read.emplace(own, cell.run_file.string()).second) return;
    const RunRecord record = read_run(cell.run_file, PerToken::load);
    if (!record.eval || record.eval->table.cells.empty()) return;
    const std::vector<std::string>& texts = record.eval->table.texts;
    for (const std::string& one : texts)
      if (std::find(known.begin(), known.end(), one) == known.end()) known.push_back(one);
    if (text.empty())
      text = std::find(texts.begin(), texts.end(), "natural") != texts.end() ? "natural" : texts.front();
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) return lacking.push_back(cell.number);
    ScoredRun scored = score_by_document(*record.eval, cell.seed, text);
    for (SystemRuns& system : out.systems) {
      if (system.labels != own) continue;
      system.runs.push_back(std::move(scored));
      return;
    }
    out.systems.push_back({std::move(own), {std::move(scored)}});
  }

  void add_all(const std::vector<SweepCell>& cells) {
    for (const SweepCell& cell : cells) {
      if (cell.state != SweptState::done) continue;
      try {
        add(cell);
      } catch (const Error& error) {
        log::warning("cell {} is left out of the comparison: {}", cell.number, error.what());
      }
    }
    if (out.systems.empty() && !lacking.empty())
      throw UsageError(fmt::format("--text: no run was scored on '{}'{} (there: {})", text, did_you_mean(text, known),
                                   join(known, ", ")));
    for (const int64_t number : lacking)
      log::warning("cell {} is left out of the comparison: it was not scored on {} text", number, text);
    if (!out.keys.empty()) return;
    out.keys = {"system"};
    for (SystemRuns& system : out.systems) system.labels = {"the only one"};
  }
};

struct ReferenceChoice {
  const SweptSystems& swept;
  const std::string& wanted;
  std::vector<std::string> names = axis_names(swept.keys);

  /// "a=1,b=[2,3]" in parts at the commas that begin another key.
  std::vector<std::string> parts() const {
    std::vector<std::string> out;
    for (const std::string& part : split(wanted, ',')) {
      const std::string key(trim(part.substr(0, part.find('='))));
      const bool begins = part.find('=') != std::string::npos && key.find_first_of("[{:\"") == std::string::npos;
      if (begins || out.empty())
        out.emplace_back(trim(part));
      else
        out.back() += "," + part;
    }
    return out;
  }

  size_t key_index(const std::string& key) const {
    for (size_t k = 0; k < names.size(); ++k)
      if (key == swept.keys[k] || key == names[k]) return k;
    fail("--reference speaks of '{}', which does not vary{} (what varies: {})", key, did_you_mean(key, swept.keys),
         join(swept.keys, ", "));
  }

  std::string described(const SystemRuns& system) const {
    std::vector<std::string> words;
    for (size_t k = 0; k < names.size(); ++k) words.push_back(swept.keys[k] + "=" + system.labels[k]);
    return join(words, ",");
  }

  size_t find() const {
    if (wanted.empty()) return 0;
    std::vector<size_t> fits;
    for (size_t i = 0; i < swept.systems.size(); ++i) fits.push_back(i);
    for (const std::string& part : parts()) {
      require(part.find('=') != std::string::npos, "--reference wants KEY=VALUE, got '{}'", part);
      const size_t k = key_index(part.substr(0, part.find('=')));
      const std::string value = part.substr(part.find('=') + 1);
      std::erase_if(fits, [&](size_t i) { return swept.systems[i].labels[k] != value; });
    }
    std::vector<std::string> all;
    for (const SystemRuns& system : swept.systems) all.push_back(described(system));
    require(!fits.empty(), "no finished system is '{}'{} (there: {})", wanted, did_you_mean(wanted, all),
            join(all, "; "));
    require(fits.size() == 1, "'{}' fits {} systems, {} and {} among them: say more", wanted, fits.size(),
            all[fits.front()], all[fits.back()]);
    return fits.front();
  }
};

void require_variant(const SweptSystems& swept, const std::string& variant) {
  std::vector<std::string> names;
  for (const SystemRuns& system : swept.systems)
    for (const ScoredRun& run : system.runs)
      for (const VariantFacts& one : run.variants)
        if (std::find(names.begin(), names.end(), one.name) == names.end()) names.push_back(one.name);
  require(variant.empty() || std::find(names.begin(), names.end(), variant) != names.end(),
          "nothing was tested as '{}'{} (there: {})", variant, did_you_mean(variant, names), join(names, ", "));
}

}  // namespace

SweptSystems read_systems(const std::vector<SweepCell>& cells, const std::string& text) {
  SystemReader reader;
  reader.text = text;
  reader.find_keys(cells);
  reader.add_all(cells);
  return std::move(reader.out);
}

std::string compare_systems(const SweptSystems& swept, const CompareSystemsRequest& request) {
  require(!swept.systems.empty(), "there is nothing to compare: no finished run has such scores");
  require_variant(swept, request.variant);
  CompareRequest how;
  how.variant = request.variant;
  how.pairing = request.pairing;
  how.reference = ReferenceChoice{swept, request.reference}.find();
  return render_comparison(compare(swept.systems, how), swept.keys, request.markdown);
}

}  // namespace lx
