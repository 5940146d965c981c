#include "report/encoding_text.h"

#include "base/text.h"
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lx {
namespace {

constexpr size_t kHeadsShown = 8, kStretchesShown = 8, kPairsShown = 12;

/// Indented; further lines of a long sentence two columns deeper.
std::string wrapped(const std::string& sentence, size_t indent) {
  constexpr int kWidth = 110;
  std::string out, line(indent, ' ');
  bool empty = true;
  for (const std::string& word : split(sentence, ' ')) {
    if (!empty && display_width(line) + 1 + display_width(word) > kWidth) {
      out += line + "\n";
      line.assign(indent + 2, ' ');
      empty = true;
    }
    line += (empty ? "" : " ") + word;
    empty = false;
  }
  return out + line + "\n";
}

std::string indented(const std::string& lines) {
  std::string out;
  for (const std::string& line : split(lines, '\n')) out += line.empty() ? "" : "    " + line + "\n";
  return out;
}

std::string setting_text(const ModifierView& modifier, const std::string& key, const config::Node& value) {
  std::string text = value.is_string() ? value.string() : config::to_json(value);
  if (value.kind() == config::Node::Kind::real) text = brief(value.real());
  for (const auto& [name, meaning] : modifier.zeros)
    if (name == key) text += " (" + meaning + ")";
  return key + ": " + text;
}

std::string modifier_text(const ModifierView& modifier) {
  std::vector<std::string> settings;
  for (const auto& [key, value] : modifier.settings.map()) settings.push_back(setting_text(modifier, key, value));
  std::string text = modifier.name;
  if (!settings.empty()) text += " {" + join(settings, ", ") + "}";
  if (modifier.when == "train") text += ", in training only";
  if (modifier.when == "test") text += ", at test time only";
  if (modifier.when == "never") text += ", taken out by the variant";
  return text;
}

std::string shape_text(const ModifierView::Parameter& parameter) {
  std::vector<std::string> sizes;
  for (const int64_t size : parameter.shape) sizes.push_back(std::to_string(size));
  return fmt::format("{} [{}]", parameter.name, join(sizes, ", "));
}

std::string stacks_text(const EncodingView& view) {
  std::string out = "\nstack\n";
  std::vector<std::pair<std::string, const StackView*>> all;
  int width = 0;
  for (const LayersView& kind : view.kinds)
    for (const StackView& stack : kind.stacks) {
      all.emplace_back(stack_title(kind, stack), &stack);
      width = std::max(width, display_width(all.back().first));
    }
  for (const auto& [title, stack] : all) {
    std::string lead = title + std::string(static_cast<size_t>(width - display_width(title)) + 2, ' ');
    if (stack->modifiers.empty()) out += "  " + lead + "nothing: no position encoding\n";
    for (size_t m = 0; m < stack->modifiers.size(); ++m) {
      const ModifierView& modifier = stack->modifiers[m];
      out += "  " + lead + (m > 0 ? "→ " : "") + modifier_text(modifier) + "\n";
      lead.assign(static_cast<size_t>(width), ' ');
      std::vector<std::string> learned;
      for (const auto& parameter : modifier.parameters) learned.push_back(shape_text(parameter));
      if (!learned.empty()) out += fmt::format("  {}    learned, in each layer: {}\n", lead, join(learned, ", "));
    }
  }
  out += view.parameters == 0 ? "  no learned parameters\n"
                              : fmt::format(
                                    "  {} learned parameters in all layers together, shown at their starting "
                                    "values\n",
                                    view.parameters);
  return out;
}

std::string turning_text(const EncodingView& view, const StackView& stack) {
  if (stack.theta.empty()) return "";
  const bool changed = stack.theta != stack.trained_theta && !stack.trained_theta.empty();
  const double circle = 2 * std::numbers::pi;
  const std::vector<double>& trained = changed ? stack.trained_theta : stack.theta;
  std::string out =
      fmt::format("  turning: {} pairs of channels{}{}{}\n", stack.theta.size(),
                  stack.interleaved ? ", (2m, 2m+1)" : fmt::format(", (m, m+{})", stack.theta.size()),
                  static_cast<int64_t>(2 * stack.theta.size()) < stack.head_dim
                      ? fmt::format("; {} of {} channels do not turn",
                                    stack.head_dim - 2 * static_cast<int64_t>(stack.theta.size()), stack.head_dim)
                      : "",
                  stack.growth.empty() ? "" : "; factors grow and shrink with position");
  std::vector<std::string> titles{"pair", "theta"};
  if (changed) titles.emplace_back("in training");
  for (const char* title : {"wavelength", "turns in N", "turns in M"}) titles.emplace_back(title);
  Table table(titles);
  const size_t pairs = stack.theta.size();
  const size_t every = (pairs + kPairsShown - 1) / kPairsShown;
  for (size_t m = 0; m < pairs; ++m) {
    if (m % every != 0 && m + 1 != pairs) continue;
    const auto turns = [&](double theta, int64_t length) {
      return brief(std::abs(theta) * static_cast<double>(length) / circle);
    };
    std::vector<std::string> row{std::to_string(m), fmt::format("{:.4g}", stack.theta[m])};
    if (changed) row.push_back(fmt::format("{:.4g}", trained[m]));
    row.push_back(stack.theta[m] == 0 ? "-" : fmt::format("{:.4g}", circle / std::abs(stack.theta[m])));
    row.push_back(turns(m < trained.size() ? trained[m] : stack.theta[m], view.trained_length));
    row.push_back(turns(stack.theta[m], view.tested_length));
    table.row(std::move(row));
  }
  return out + indented(table.text());
}

std::string row_text(const RowView& row) {
  std::vector<std::string> parts;
  const auto all = stretches(row);
  for (const Stretch& one : all) {
    if (parts.size() == kStretchesShown && all.size() > kStretchesShown + 1) {
      parts.push_back(fmt::format("... {} stretches more", all.size() - kStretchesShown));
      break;
    }
    const std::string keys =
        one.to - one.from == 1 ? fmt::format("key {}", one.from) : fmt::format("keys {}-{}", one.from, one.to - 1);
    if (one.first == one.last) {
      parts.push_back(fmt::format("{} at {}", keys, brief(one.first)));
    } else {
      const std::string by = std::abs(one.step) == 1 ? "" : fmt::format(" by {}", brief(std::abs(one.step)));
      parts.push_back(fmt::format("{} at {} {} to {}{}", keys, brief(one.first), one.step < 0 ? "down" : "up",
                                  brief(one.last), by));
    }
  }
  return parts.empty() ? "no key" : join(parts, ", ");
}

std::string positions_text(const StackView& stack) {
  if (!stack.positions_read) {
    return "  relative positions: nothing reads them\n";
  }
  std::string out = "  relative positions of the keys a query sees\n";
  for (const RowView& row : stack.rows) out += wrapped(fmt::format("query {}: {}", row.query, row_text(row)), 4);
  return out;
}

std::string mask_text(const EncodingView& view, const StackView& stack) {
  std::vector<std::string> how;
  if (stack.window > 0) how.push_back(fmt::format("a window of {} tokens", stack.window));
  if (stack.block > 0) how.push_back(fmt::format("its own block of {} and the one before", stack.block));
  if (stack.sinks > 0) how.push_back(fmt::format("the first {}", stack.sinks));
  const int64_t last = view.length - 1, first = std::min(view.trained_length - 1, last);
  const std::string keys = stack.sees == "past"     ? "keys up to the query's own"
                           : stack.sees == "future" ? "keys from the query's own on"
                                                    : "keys on both sides";
  std::string words = fmt::format("who sees whom: {}; query {} sees {} keys",
                                  how.empty() ? "all " + keys : "of the " + keys + ", " + join(how, " and "), first,
                                  stack.seen_at_trained);
  if (first < last) words += fmt::format(", query {} sees {}", last, stack.seen_at_last);
  std::string out = wrapped(words, 2);
  const GridView& grid = stack.picture;
  for (int64_t r = 0; r < grid.rows; ++r) {
    out += "    ";
    for (int64_t c = 0; c < grid.columns; ++c) {
      const double share = grid.visible[static_cast<size_t>(r * grid.columns + c)];
      out += share == 0 ? "·" : share < 0.999 ? "▒" : "█";
    }
    out += fmt::format("  query {}\n", (r + 1) * view.length / grid.rows - 1);
  }
  return out;
}

std::vector<size_t> some_heads(size_t heads) {
  std::vector<size_t> some;
  const size_t shown = std::min(heads, kHeadsShown);
  for (size_t k = 0; k < shown; ++k) some.push_back(shown < 2 ? 0 : k * (heads - 1) / (shown - 1));
  return some;
}

std::vector<std::string> head_titles(const StackView& stack, const CurveView& curve) {
  std::vector<std::string> titles;
  for (const size_t h : some_heads(curve.heads.size()))
    titles.push_back(curve.heads.size() == 1 ? "every head"
                                             : fmt::format("head {}", stack.first_head + static_cast<int64_t>(h)));
  return titles;
}

/// The curve at those of its places that are wanted.
std::string curve_text(const StackView& stack, const CurveView& curve, const std::string& what,
                       const std::vector<double>& wanted) {
  std::vector<std::string> titles{what};
  for (std::string& title : head_titles(stack, curve)) titles.push_back(std::move(title));
  Table table(titles);
  double last = -1;
  for (const double place : wanted) {
    const auto found = std::lower_bound(curve.at.begin(), curve.at.end(), place);  // the nearest one computed
    if (found == curve.at.end() || *found == last) continue;
    last = *found;
    std::vector<std::string> row{brief(last)};
    for (const size_t h : some_heads(curve.heads.size()))
      row.push_back(brief(curve.heads[h][static_cast<size_t>(found - curve.at.begin())]));
    table.row(std::move(row));
  }
  return indented(table.text());
}

std::string bias_text(const EncodingView& view, const StackView& stack) {
  if (stack.bias.empty()) return "";
  std::vector<double> wanted{0};
  for (int64_t d = 1; d < view.length - 1; d *= 2) wanted.push_back(static_cast<double>(d));
  wanted.push_back(static_cast<double>(view.length - 1));
  return "  added to the logits, by relative position\n" + curve_text(stack, stack.bias, "position", wanted);
}

std::string gain_text(const StackView& stack) {
  if (stack.gain.empty()) return "";
  const auto plain = [](const std::vector<double>& head) {
    return std::all_of(head.begin(), head.end(), [&](double gain) { return std::abs(gain - head.front()) < 1e-12; });
  };
  if (std::all_of(stack.gain.heads.begin(), stack.gain.heads.end(), plain) && stack.gain.heads.size() == 1) {
    const double gain = stack.gain.heads.front().front();
    return fmt::format("  gain: {} for every query, in units of 1/√{}\n", brief(gain), stack.head_dim);
  }
  std::vector<double> wanted;
  for (const RowView& row : stack.rows) wanted.push_back(static_cast<double>(row.query));
  return fmt::format("  gain, in units of 1/√{}\n", stack.head_dim) + curve_text(stack, stack.gain, "query", wanted);
}

std::string by_head_text(const char* what, const std::vector<double>& heads) {
  if (heads.empty()) return "";
  std::vector<std::string> values;
  for (const size_t h : some_heads(heads.size())) values.push_back(brief(heads[h]));
  return fmt::format("  {}: {}{}\n", what, join(values, ", "), heads.size() > kHeadsShown ? " (some heads)" : "");
}

std::string detail_text(const EncodingView& view, const LayersView& kind, const StackView& stack) {
  std::string out = fmt::format("\n{}, {}, {} tokens\n", stack_title(kind, stack),
                                view.mode == "train" ? "in training" : "at test time", view.length);
  out += turning_text(view, stack) + positions_text(stack) + mask_text(view, stack) + bias_text(view, stack) +
         gain_text(stack);
  out += by_head_text("logit of a key that holds nothing, by head", stack.sink);
  out += by_head_text("log of the gate of a token, by head", stack.gate);
  for (const std::string& name : stack.data_dependent)
    out += fmt::format("  {}: depends on what the text says; not shown\n", name);
  for (const std::string& name : stack.rewrites)
    out += fmt::format("  {}: rewrites logits row by row; not shown\n", name);
  if (!stack.diagnostics.empty())
    out += fmt::format("  trained at N = {}, read at M = {}\n", view.trained_length, view.tested_length);
  for (const Diagnostic& found : stack.diagnostics) out += wrapped("- " + found.text, 4);
  if (!stack.notes.empty()) out += "  notes\n";
  for (const std::string& note : stack.notes) out += wrapped("- " + note, 4);
  return out;
}

}  // namespace

std::string layers_title(const LayersView& kind) {
  return (kind.layers.size() == 1 ? "layer " : "layers ") + in_ranges(kind.layers);
}

std::string stack_title(const LayersView& kind, const StackView& stack) {
  if (stack.group.empty()) return layers_title(kind);
  std::vector<int64_t> heads;
  for (int64_t h = 0; h < stack.heads; ++h) heads.push_back(stack.first_head + h);
  return fmt::format("{}, {} (head{} {})", layers_title(kind), stack.group, heads.size() == 1 ? "" : "s",
                     in_ranges(heads));
}

std::string encoding_text(const EncodingView& view) {
  std::string out = view.title.empty() ? "the default configuration\n" : view.title + "\n";
  out += fmt::format("{} layer{}, {} head{} of width {}{}; N = {} tokens in training, M = {} at test time{}\n",
                     view.layers, view.layers == 1 ? "" : "s", view.heads, view.heads == 1 ? "" : "s", view.head_dim,
                     view.key_heads < view.heads ? fmt::format(" ({} key heads)", view.key_heads) : "",
                     view.trained_length, view.tested_length,
                     view.variant.empty() ? "" : fmt::format("; variant {}", view.variant));
  out += stacks_text(view);
  for (const Diagnostic& found : view.diagnostics) out += wrapped(found.text, 2);
  for (const LayersView& kind : view.kinds) {
    if (!kind.detailed) continue;
    for (const StackView& stack : kind.stacks) out += detail_text(view, kind, stack);
  }
  return out;
}

}  // namespace lx
