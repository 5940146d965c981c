#include "experiment/diagnostics.h"

#include "base/error.h"
#include "encoding/base_choice.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <tuple>

namespace lx {
namespace {

struct Judged {
  static bool whole(double position) { return position == std::round(position); }

  static bool all_whole(const PositionCount& count) {
    return std::all_of(count.pairs.begin(), count.pairs.end(), [](const auto& one) { return whole(one.first); });
  }

  static std::string percent(double share) {
    return share > 0 && share < 0.001 ? "less than 0.1 %" : fmt::format("{:.1f} %", 100 * share);
  }

  /// Positions span [0, reach).
  static double reach(const PositionCount& count) {
    return std::max(std::abs(count.pairs.begin()->first), std::abs(count.pairs.rbegin()->first)) + 1;
  }

  /// Positions while training: of several draws, when each batch draws anew.
  static PositionCount trained(const StackProbe& probe, int64_t& draws) {
    draws = probe.stack().traits(true).random ? 8 : 1;
    if (draws == 1) return probe.count_positions();
    PositionCount all;
    for (int64_t draw = 1; draw <= draws; ++draw) {
      const StackProbe one(probe.stack(), probe.length(), true, probe.sees(), static_cast<uint64_t>(draw));
      for (const auto& [position, pairs] : one.count_positions().pairs)
        all.add(position, pairs / static_cast<double>(draws));
    }
    return all;
  }

  /// base of theta_m = base^(-m/P); 0 when theta is no such row.
  static double base_of(const std::vector<double>& theta) {
    const auto pairs = static_cast<double>(theta.size());
    if (theta.size() < 2 || theta.front() != 1 || theta.back() <= 0) return 0;
    const double log_base = -std::log(theta.back()) * pairs / (pairs - 1);
    for (size_t m = 0; m < theta.size(); ++m)
      if (std::abs(std::log(theta[m]) + log_base * static_cast<double>(m) / pairs) > 1e-6) return 0;
    return std::exp(log_base);
  }

  /// The nearest of the relative positions in use at which a like key is not favoured; -1: none.
  static double first_unfavoured(const std::vector<double>& theta, const PositionCount& count) {
    for (const auto& [position, pairs] : count.pairs)
      if (position >= 0 && favour(theta, position) < 0) return position;
    return -1;
  }
};

constexpr int64_t kLongestBaseSearch = 16384;  // the search takes seconds beyond

}  // namespace

Diagnostic slow_pairs(const ProbePair& stacks) {
  Diagnostic found{"slow_pairs", {}, ""};
  const std::vector<double> theta = stacks.trained.theta(), tested = stacks.tested.theta();
  if (theta.empty()) return found;
  const double circle = 2 * std::numbers::pi;
  const int64_t n = stacks.trained.length();
  int64_t draws = 1;
  const double shown = Judged::reach(Judged::trained(stacks.trained, draws));
  const double asked = Judged::reach(stacks.tested.count_positions());
  std::vector<int64_t> slow, still;
  int64_t slow_as_shown = 0, further = 0;
  config::List listed;
  for (size_t m = 0; m < theta.size(); ++m) {
    const double speed = std::abs(theta[m]);
    if (speed == 0) {
      still.push_back(static_cast<int64_t>(m));
      continue;
    }
    if (speed * static_cast<double>(n) < circle) {
      slow.push_back(static_cast<int64_t>(m));
      listed.emplace_back(slow.back());
    }
    if (speed * shown >= circle) continue;
    ++slow_as_shown;
    const double later = m < tested.size() ? std::abs(tested[m]) * asked : 0;
    if (later > speed * shown * (1 + 1e-9)) ++further;
  }
  const auto count = static_cast<int64_t>(slow.size());
  found.numbers["pairs"] = static_cast<int64_t>(theta.size());
  found.numbers["slow"] = count;
  found.numbers["slow_pairs"] = config::Node(std::move(listed));
  found.numbers["not_turning"] = static_cast<int64_t>(still.size());
  found.numbers["trained_reach"] = shown;
  found.numbers["slow_in_reach"] = slow_as_shown;
  found.numbers["turn_further_at_tested"] = further;
  found.text = slow.empty() ? fmt::format("each rotary pair that turns completes a turn within N = {} tokens", n)
                            : fmt::format("{} of {} rotary pairs ({}) never complete a turn within N = {} tokens",
                                          count, theta.size(), in_ranges(slow), n);
  if (!still.empty()) found.text += fmt::format("; {} do not turn at all ({})", still.size(), in_ranges(still));
  if (shown != static_cast<double>(n))
    found.text += fmt::format("; in training relative positions reach {}, within which {} do not", brief(shown - 1),
                              slow_as_shown);
  if (slow_as_shown > 0)
    found.text += further == 0 ? "; at M none of these turns further than training showed"
                               : fmt::format("; at M {} of these turn further than training showed", further);
  return found;
}

Diagnostic unseen_positions(const ProbePair& stacks) {
  Diagnostic found{"unseen_positions", {}, ""};
  if (!stacks.tested.positions_read()) return found;
  int64_t draws = 1;
  const PositionCount trained = Judged::trained(stacks.trained, draws), tested = stacks.tested.count_positions();
  const bool whole = Judged::all_whole(trained) && Judged::all_whole(tested);
  const double least = trained.pairs.begin()->first, most = trained.pairs.rbegin()->first;
  int64_t unseen = 0, outside = 0;
  double unseen_pairs = 0, outside_pairs = 0, lowest = 0, highest = 0;
  std::vector<int64_t> listed;
  std::vector<double> shown;
  for (const auto& [position, pairs] : tested.pairs) {
    const auto known = trained.pairs.find(position);
    if (known != trained.pairs.end()) {
      shown.push_back(known->second);
      continue;
    }
    ++unseen;
    unseen_pairs += pairs;
    if (whole) listed.push_back(static_cast<int64_t>(position));
    if (position >= least && position <= most) continue;
    lowest = outside == 0 ? position : lowest;
    highest = position;
    ++outside;
    outside_pairs += pairs;
  }
  std::sort(shown.begin(), shown.end());
  const auto distinct = static_cast<int64_t>(tested.pairs.size());
  const std::string ranges = in_ranges(listed);
  config::Map& numbers = found.numbers;
  numbers["distinct"] = distinct;
  numbers["whole"] = whole;
  numbers["unseen"] = unseen;
  numbers["unseen_share_of_pairs"] = unseen_pairs / tested.total;
  numbers["outside"] = outside;
  numbers["outside_share_of_pairs"] = outside_pairs / tested.total;
  numbers["trained_least"] = least;
  numbers["trained_most"] = most;
  numbers["unseen_positions"] = ranges;
  const auto quantile = [&](size_t k) { return shown.empty() ? config::Node() : config::Node(shown[k]); };
  numbers["shown_least"] = quantile(0);
  numbers["shown_median"] = quantile(shown.empty() ? 0 : shown.size() / 2);
  numbers["shown_most"] = quantile(shown.empty() ? 0 : shown.size() - 1);
  numbers["sampled_every"] = tested.sampled_every;
  numbers["draws"] = draws;

  const int64_t m = stacks.tested.length();
  if (unseen == 0) {
    found.text = fmt::format("each of the {} relative positions at M = {} occurs in training", distinct, m);
  } else if (whole) {
    found.text = fmt::format(
        "{} of {} relative positions at M = {} never occur in training ({}); {} of its pairs use "
        "them",
        unseen, distinct, m, ranges.size() < 60 ? ranges : fmt::format("{} to {}", listed.front(), listed.back()),
        Judged::percent(unseen_pairs / tested.total));
    if (outside < unseen)
      found.text += fmt::format("; {} of them lie outside its range, {} to {}",
                                outside == 0 ? "none" : std::to_string(outside), brief(least), brief(most));
  } else if (outside == 0) {
    found.text = fmt::format(
        "no relative position at M = {} lies outside the {} to {} of training; {} of {} lie between "
        "trained ones",
        m, brief(least), brief(most), unseen, distinct);
  } else {
    found.text = fmt::format(
        "{} of {} relative positions at M = {} lie outside the {} to {} of training ({} to {}); {} of its pairs use "
        "them; "
        "{} more lie between trained ones",
        outside, distinct, m, brief(least), brief(most), brief(lowest), brief(highest),
        Judged::percent(outside_pairs / tested.total), unseen - outside);
  }
  if (!shown.empty())
    found.text +=
        fmt::format("; one training window shows {} {} to {} times, median {}", unseen == 0 ? "them" : "the others",
                    brief(shown.front()), brief(shown.back()), brief(shown[shown.size() / 2]));
  if (unseen > 0 && stacks.trained.theta() != stacks.tested.theta())
    found.text += "; pairs turn at other speeds than in training, so that angles tell more than positions";
  if (draws > 1) found.text += fmt::format(" (mean of {} draws)", draws);
  if (tested.sampled_every > 1) found.text += fmt::format(" (every {}th query was counted)", tested.sampled_every);
  return found;
}

Diagnostic favoured_base(const ProbePair& stacks) {
  Diagnostic found{"favoured_base", {}, ""};
  const Frequencies& frequencies = stacks.tested.layout().frequencies;
  if (!frequencies.turning() || frequencies.down.defined() || !stacks.trained.layout().frequencies.turning())
    return found;
  const int64_t n = stacks.trained.length(), m = stacks.tested.length();
  const std::vector<double> trained = stacks.trained.theta(), tested = stacks.tested.theta();
  const double base = Judged::base_of(trained);
  const double at_n = Judged::first_unfavoured(trained, stacks.trained.count_positions());
  const double at_m = Judged::first_unfavoured(tested, stacks.tested.count_positions());
  const auto pairs = static_cast<int64_t>(trained.size());
  const auto smallest = [&](int64_t length) {
    return length <= kLongestBaseSearch ? config::Node(smallest_base(pairs, length)) : config::Node();
  };
  const config::Node for_n = smallest(n), for_m = smallest(m);
  config::Map& numbers = found.numbers;
  numbers["base"] = base > 0 ? config::Node(base) : config::Node();
  numbers["smallest_base_for_trained"] = for_n;
  numbers["smallest_base_for_tested"] = for_m;
  numbers["first_unfavoured_trained"] = at_n >= 0 ? config::Node(at_n) : config::Node();
  numbers["first_unfavoured_tested"] = at_m >= 0 ? config::Node(at_m) : config::Node();
  const char* like = "keys like the query are favoured wherever they stand";
  const auto first = [](double position) { return fmt::format("first not at relative position {}", brief(position)); };
  if (at_n < 0 && at_m < 0)
    found.text = fmt::format("{}, at N and at M", like);
  else if (at_n < 0)
    found.text = fmt::format("{} at N, but not at M: {}", like, first(at_m));
  else if (at_m < 0)
    found.text = fmt::format("{} at M, but not at N: {}", like, first(at_n));
  else
    found.text =
        fmt::format("keys like the query are not favoured everywhere: at N {}, at M {}", first(at_n), first(at_m));
  if (!for_n.is_null()) found.text += "; plain distances need a base of at least";
  std::string between = " ";
  for (const auto& [least, letter, length] : {std::tuple{for_n, "N", n}, std::tuple{for_m, "M", m}}) {
    if (least.is_null()) continue;
    found.text += fmt::format("{}{:.0f} up to {} = {}", between, least.real(), letter, length);
    between = " and ";
  }
  if (base > 0) found.text += fmt::format(", the base here is {}", brief(base));
  return found;
}

Diagnostic unseen_buckets(const ProbePair& stacks) {
  Diagnostic found{"unseen_buckets", {}, ""};
  for (const Stack::Item& item : stacks.tested.stack().items()) {
    if (!item.acts(false) || !item.modifier->bucket(0)) continue;
    int64_t draws = 1;
    std::set<int64_t> trained, tested;
    for (const auto& [position, pairs] : Judged::trained(stacks.trained, draws).pairs)
      trained.insert(*item.modifier->bucket(std::llround(position)));
    int64_t pairs_unseen = 0;
    std::vector<int64_t> positions;
    const PositionCount count = stacks.tested.count_positions();
    for (const auto& [position, pairs] : count.pairs) {
      const int64_t bucket = *item.modifier->bucket(std::llround(position));
      tested.insert(bucket);
      if (trained.contains(bucket)) continue;
      pairs_unseen += std::llround(pairs);
      if (positions.empty() || positions.back() != std::llround(position)) positions.push_back(std::llround(position));
    }
    std::vector<int64_t> unseen;
    std::set_difference(tested.begin(), tested.end(), trained.begin(), trained.end(), std::back_inserter(unseen));
    const double share = static_cast<double>(pairs_unseen) / count.total;
    found.numbers["modifier"] = item.name;
    found.numbers["buckets"] = static_cast<int64_t>(tested.size());
    found.numbers["unseen"] = static_cast<int64_t>(unseen.size());
    found.numbers["unseen_buckets"] = in_ranges(unseen);
    found.numbers["unseen_share_of_pairs"] = share;
    found.text = unseen.empty() ? fmt::format("'{}' reads {} entries of its table at M, each of them trained",
                                              item.name, tested.size())
                                : fmt::format(
                                      "'{}' reads {} entries of its table at M of which {} ({}) were never trained: "
                                      "relative positions {}; {} of the pairs use them",
                                      item.name, tested.size(), unseen.size(), in_ranges(unseen), in_ranges(positions),
                                      Judged::percent(share));
  }
  return found;
}

std::vector<Diagnostic> diagnose(const ProbePair& stacks) {
  std::vector<Diagnostic> all;
  for (const auto finding : {slow_pairs, unseen_positions, favoured_base, unseen_buckets, entropy_growth}) {
    Diagnostic found;
    try {
      found = finding(stacks);
    } catch (const Error& refusal) {
      found = {"refused", {}, refusal.what()};  // a stack may have no meaning at this length: say so, show the rest
    }
    if (!found.text.empty()) all.push_back(std::move(found));
  }
  return all;
}

}  // namespace lx
