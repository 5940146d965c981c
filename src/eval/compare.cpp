#include "eval/compare.h"

#include "base/error.h"
#include "base/text.h"
#include "eval/holm.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

namespace lx {
namespace {

/// One system's curves under the variants that are asked for.
struct SystemCurves {
  const SystemRuns& system;
  const ScoredRun& first = system.runs.front();

  static std::optional<size_t> variant_index(const ScoredRun& run, const std::string& name) {
    for (size_t v = 0; v < run.variants.size(); ++v)
      if (run.variants[v].name == name) return v;
    return std::nullopt;
  }

  template <class Wanted>
  std::string variant_name(const Wanted& wanted) const {
    for (const VariantFacts& variant : first.variants)
      if (wanted(variant)) return variant.name;
    return "";
  }

  bool has(const std::string& variant) const {
    return !variant.empty() && std::all_of(system.runs.begin(), system.runs.end(), [&](const ScoredRun& run) {
      return variant_index(run, variant).has_value();
    });
  }

  /// Why its seeds cannot be taken together; empty when they can.
  std::string mistake(const std::string& variant) const {
    if (!has(variant)) return fmt::format("was not tested as '{}'", variant);
    for (const ScoredRun& run : system.runs) {
      if (run.lengths != first.lengths || run.trained_length != first.trained_length ||
          run.documents != first.documents)
        return "its seeds were not scored on the same documents and lengths";
      for (size_t l = 0; l < first.lengths.size(); ++l)
        if (!same_targets(clusters(run, variant, l), clusters(first, variant, l)))
          return "its seeds were not scored on the same targets";
    }
    return "";
  }

  static bool same_targets(const std::vector<Cluster>& a, const std::vector<Cluster>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const Cluster& x, const Cluster& y) { return x.count == y.count; });
  }

  static const std::vector<Cluster>& clusters(const ScoredRun& run, const std::string& variant, size_t length) {
    return run.losses[*variant_index(run, variant) * run.lengths.size() + length];
  }

  CrossedClusters crossed(const std::string& variant, size_t length) const {
    CrossedClusters out;
    for (const ScoredRun& run : system.runs) out.push_back(clusters(run, variant, length));
    return out;
  }

  size_t near() const {
    const auto found = std::find(first.lengths.begin(), first.lengths.end(), first.reference_length);
    return found == first.lengths.end() ? 0 : static_cast<size_t>(found - first.lengths.begin());
  }
  size_t far() const { return first.lengths.size() - 1; }
};

struct SystemTable {
  std::vector<SystemRuns> systems;
  Comparison out{};
  std::map<std::vector<std::string>, std::unique_ptr<CrossedBootstrap>> bootstraps{};
  std::vector<LengthCurve> curves{};  // of each system under the variant; empty for those left out

  const CrossedBootstrap& bootstrap(const std::vector<std::string>& documents) {
    auto& found = bootstraps[documents];
    if (!found)
      found = std::make_unique<CrossedBootstrap>(documents.size(), Random(out.request.seed).fork("compare"),
                                                 out.request.replicates);
    return *found;
  }

  std::string stream(size_t index) const {
    std::string name;
    for (const ScoredRun& run : systems[index].runs) name += std::to_string(run.seed) + " ";
    if (out.request.pairing == SeedPairing::independent) name += "of " + std::to_string(index);
    return name;
  }

  Replicates loss(size_t index, const std::string& variant, size_t length) {
    const SystemCurves own{systems[index]};
    return bootstrap(own.first.documents).mean(own.crossed(variant, length), stream(index));
  }

  void sort_seeds(SystemRuns& system) const {
    auto& runs = system.runs;
    std::sort(runs.begin(), runs.end(), [](const ScoredRun& a, const ScoredRun& b) { return a.seed < b.seed; });
    const auto twin = std::adjacent_find(runs.begin(), runs.end(),
                                         [](const ScoredRun& a, const ScoredRun& b) { return a.seed == b.seed; });
    require(twin == runs.end(), "two runs of {} have the seed {}: they are no two seeds", join(system.labels, ", "),
            twin == runs.end() ? 0 : twin->seed);
  }

  void measure(size_t index) {
    ComparedSystem& row = out.systems[index];
    const SystemCurves own{systems[index]};
    const size_t near = own.near(), far = own.far();
    LengthCurve& curve = curves[index];
    curve.lengths = own.first.lengths;
    for (size_t l = 0; l <= far; ++l) curve.losses.push_back(loss(index, out.variant, l));
    row.trained_length = own.first.trained_length;
    row.reference_length = own.first.lengths[near];
    row.longest = own.first.lengths[far];
    row.near = judged(curve.losses[near]);
    row.far = judged(curve.losses[far]);
    row.effective = effective_length(curve, row.reference_length, out.request.epsilon, out.request.level);
    if (far > 0) row.area = judged(log_length_area(curve));
    const std::string window = own.variant_name(
        [&](const VariantFacts& variant) { return is_super_baseline(variant.post_hoc, own.first.trained_length); });
    if (own.has(window) && window != out.variant)
      row.gain = judged(difference(loss(index, window, far), curve.losses[far]));
    const std::string untouched = own.variant_name(
        [](const VariantFacts& variant) { return variant.post_hoc == "[]" || variant.post_hoc == "null"; });
    if (own.has(untouched) && untouched != out.variant)
      row.change = judged(difference(curve.losses[near], loss(index, untouched, near)));
  }

  Judgement judged(const Replicates& number) const { return judge(number, out.request.level); }

  /// Why these two cannot be compared token by token; empty when they can.
  std::string pairing_mistake(size_t index) const {
    const SystemCurves own{systems[index]}, other{systems[out.request.reference]};
    if (own.first.documents != other.first.documents)
      return fmt::format("was scored on other documents than the reference ({} and {})", own.first.documents.size(),
                         other.first.documents.size());
    const auto same = [&](size_t l, size_t r) {
      return SystemCurves::same_targets(SystemCurves::clusters(own.first, out.variant, l),
                                        SystemCurves::clusters(other.first, out.variant, r));
    };
    // A length that one of them could not read has no targets, and no difference.
    const bool near = same(own.near(), other.near()) || std::isnan(out.systems[index].near.value);
    const bool far = same(own.far(), other.far()) || std::isnan(out.systems[index].far.value) ||
                     std::isnan(out.systems[out.request.reference].far.value);
    return near && far ? "" : "was scored on other targets of the documents than the reference";
  }

  void pair(size_t index) {
    ComparedSystem& row = out.systems[index];
    if (index == out.request.reference || !row.left_out.empty()) return;
    row.unpaired = pairing_mistake(index);
    if (!row.unpaired.empty()) return;
    const SystemCurves own{systems[index]}, other{systems[out.request.reference]};
    const LengthCurve &mine = curves[index], &theirs = curves[out.request.reference];
    row.near_difference = {judged(difference(mine.losses[own.near()], theirs.losses[other.near()])), 1};
    if (own.far() == own.near() && other.far() == other.near()) return;
    row.far_difference = {judged(difference(mine.losses[own.far()], theirs.losses[other.far()])), 1};
  }

  void adjust() {
    std::vector<SystemDifference*> family;
    for (ComparedSystem& row : out.systems)
      for (auto* one : {&row.near_difference, &row.far_difference})
        if (*one) family.push_back(&**one);
    std::vector<double> p;
    for (const SystemDifference* one : family) p.push_back(one->judged.p);
    const std::vector<double> adjusted = holm(p);
    for (size_t i = 0; i < family.size(); ++i) family[i]->adjusted = adjusted[i];
  }

  void describe_reference() {
    const SystemCurves reference{systems[out.request.reference]};
    out.text = reference.first.text;
    out.protocol = reference.first.protocol;
    for (const Cluster& cluster : SystemCurves::clusters(reference.first, out.variant, reference.near()))
      out.documents += cluster.count > 0;
    size_t counted = reference.far();  // the longest length that it reads
    while (counted > 0 && std::isnan(curves[out.request.reference].losses[counted].value)) --counted;
    for (const Cluster& cluster : SystemCurves::clusters(reference.first, out.variant, counted))
      out.targets += static_cast<int64_t>(cluster.count);
  }

  void fill() {
    curves.resize(systems.size());
    for (size_t i = 0; i < systems.size(); ++i) {
      sort_seeds(systems[i]);
      ComparedSystem& row = out.systems.emplace_back();
      row.labels = systems[i].labels;
      for (const ScoredRun& run : systems[i].runs) row.seeds.push_back(run.seed);
      row.left_out = systems[i].runs.empty() ? "has no finished run" : SystemCurves{systems[i]}.mistake(out.variant);
      require(i != out.request.reference || row.left_out.empty(), "the reference {} cannot be compared with: it {}",
              join(row.labels, ", "), row.left_out);
      if (row.left_out.empty()) measure(i);
      if (row.left_out.empty()) out.documents_only |= row.near.documents_only;
    }
    for (size_t i = 0; i < systems.size(); ++i) pair(i);
    adjust();
    describe_reference();
  }
};

}  // namespace

Comparison compare(std::vector<SystemRuns> systems, const CompareRequest& request) {
  require(request.reference < systems.size() && !systems[request.reference].runs.empty(),
          "there is no finished run of the system to compare with");
  SystemTable table{std::move(systems)};
  table.out.request = request;
  const ScoredRun& first = table.systems[request.reference].runs.front();
  require(!first.lengths.empty() && !first.variants.empty(), "the reference was scored on nothing");
  table.out.variant = request.variant.empty() ? first.variants.front().name : request.variant;
  table.fill();
  return std::move(table.out);
}

}  // namespace lx
