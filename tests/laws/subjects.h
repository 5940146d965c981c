// What the laws run over: every registered modifier in the company it needs, with its defaults and with settings that
// matter at the small sizes of tests; and the pieces to run a stack by itself.
#pragma once

#include "attention/stack.h"
#include "attention/stir.h"
#include "base/random.h"
#include "config/yaml.h"
#include "encoding/company.h"
#include "encoding/register.h"
#include "encoding/stack_config.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <map>
#include <string>
#include <vector>

namespace lx::laws {

constexpr int64_t kLawTrained = 8, kLawTokens = 24;

inline Shape law_shape(int64_t heads = 4, int64_t key_heads = 2, int64_t head_dim = 6) {
  return {.heads = heads,
          .key_heads = key_heads,
          .head_dim = head_dim,
          .width = 10,
          .trained_length = kLawTrained,
          .random = Random(4)};
}

inline Stack make_stack(const std::string& yaml, const Shape& shape) {
  std::vector<Stack::Item> items;
  append_modifiers(items, *config::parse_yaml("stack: " + yaml, "test").find("stack"), shape, "stack");
  return Stack(shape, std::move(items));
}

/// Settings besides the defaults. A modifier that is not named here is still judged with its defaults.
const std::multimap<std::string, std::string>& more_settings();

/// Stand-ins for defaults that say nothing in a law: they refuse its long texts, or are there for what a text may hold.
const std::map<std::string, std::string>& stand_ins();

/// A modifier as the laws judge it first: with its defaults, or what stands in for them.
inline std::string first_entry(const std::string& name) {
  const auto found = stand_ins().find(name);
  return found == stand_ins().end() ? name : "{" + name + ": " + found->second + "}";
}

struct LawSubject {
  std::string name, yaml;
};

inline std::vector<LawSubject> law_subjects() {
  std::vector<LawSubject> all;
  for (const std::string& name : modifiers().names()) {
    all.push_back({name, in_company(first_entry(name), law_shape())});
    const auto [from, to] = more_settings().equal_range(name);
    for (auto it = from; it != to; ++it)
      all.push_back({name, in_company("{" + name + ": " + it->second + "}", law_shape())});
  }
  return all;
}

/// Random content for a stack: q, k, v, the layer's input.
struct Content {
  Tensor q, k, v, hidden;
  explicit Content(const Shape& shape, int64_t tokens = kLawTokens, int64_t batch = 2, int64_t seed = 3) {
    at::manual_seed(static_cast<uint64_t>(seed));
    q = at::randn({batch, shape.heads, tokens, shape.head_dim}, at::kDouble);
    k = at::randn({batch, shape.key_heads, tokens, shape.head_dim}, at::kDouble);
    v = at::randn({batch, shape.key_heads, tokens, 5}, at::kDouble);
    hidden = at::randn({batch, tokens, shape.width}, at::kDouble);
  }
};

inline ScorePlan plan_of(const Stack& stack, const Content& c, const Given& given, bool training) {
  Tensor v = c.v;
  return stack.plan(c.q, c.k, v, c.hidden, given, training);
}

/// Causal, with prefixes, and both ways.
inline std::vector<std::pair<std::string, Given>> callings(const Stack& stack, int64_t tokens = kLawTokens) {
  std::vector<std::pair<std::string, Given>> all{{"causal", {}}};
  for (const bool training : {true, false})
    if (stack.traits(training).past_only) return all;
  Given prefixed, both;
  prefixed.visible.prefix = at::tensor({7, 0}, at::kLong);
  both.visible.prefix = at::full({2}, tokens, at::kLong);
  all.emplace_back("prefix", prefixed);
  all.emplace_back("both ways", both);
  return all;
}

inline double largest(const Tensor& x) { return x.numel() == 0 ? 0 : x.abs().max().item<double>(); }

}  // namespace lx::laws
