// Plans of every kind that an executor must run: masks, bands, biases, gates, sinks, and all at once.
#pragma once

#include "attention/bands.h"
#include "attention/score_plan.h"

#include <ATen/ATen.h>

#include <functional>
#include <string>
#include <vector>

namespace lx::laws {

struct AttendCase {
  std::string name;
  int64_t queries, keys;
  std::function<void(ScorePlan&)> edit;
  int64_t key_heads = 2;
};

constexpr int64_t kBatch = 2, kHeads = 4, kWidth = 6, kValue = 5;

inline Tensor random_tensor(at::IntArrayRef shape) { return at::randn(shape, at::kDouble).set_requires_grad(true); }

inline View random_view(int64_t from, const AttendCase& c) {
  return {from, random_tensor({kBatch, kHeads, c.queries, kWidth}),
          random_tensor({kBatch, c.key_heads, c.keys, kWidth})};
}

inline std::vector<AttendCase> attend_cases() {
  const auto nothing = [](ScorePlan&) {};
  const auto prefixes = [](int64_t a, int64_t b) { return at::tensor({a, b}, at::kLong); };
  return {
      {"causal", 9, 9, nothing},
      {"causal across row blocks", 300, 300, nothing},
      {"decoding one token", 1, 17, nothing},
      {"continuing a memory", 5, 17, nothing},
      {"one head a key", 7, 7, nothing, 4},
      {"prefixes of their own", 9, 9, [=](ScorePlan& p) { p.visible.prefix = prefixes(4, 0); }},
      {"bidirectional", 9, 9, [=](ScorePlan& p) { p.visible.prefix = prefixes(9, 9); }},
      {"cross attention", 4, 9,
       [=](ScorePlan& p) {
         p.visible.prefix = prefixes(9, 9);
         p.offset = 0;
       }},
      {"window", 20, 20, [](ScorePlan& p) { p.visible.window = 5; }},
      {"window across row blocks", 600, 600, [](ScorePlan& p) { p.visible.window = 30; }},
      {"window with sinks across row blocks", 600, 600,
       [](ScorePlan& p) {
         p.visible.window = 30;
         p.visible.sinks = 3;
       }},
      {"window, sinks, prefix", 20, 20,
       [=](ScorePlan& p) { p.visible = {.prefix = prefixes(6, 11), .window = 4, .sinks = 2}; }},
      {"mirrored", 9, 9, [](ScorePlan& p) { p.visible.order = Order::future; }},
      {"mirrored window", 20, 20,
       [](ScorePlan& p) {
         p.visible.order = Order::future;
         p.visible.window = 4;
       }},
      {"both ways", 9, 9, [](ScorePlan& p) { p.visible.order = Order::all; }},
      {"blocks", 20, 20, [](ScorePlan& p) { p.visible.block = 4; }},
      {"blocks across row blocks", 600, 600, [](ScorePlan& p) { p.visible.block = 35; }},
      {"blocks, sinks, prefix", 20, 20,
       [=](ScorePlan& p) {
         p.visible.prefix = prefixes(6, 14);
         p.visible.block = 3;
         p.visible.sinks = 2;
       }},
      {"blocks and window, both ways", 20, 20,
       [](ScorePlan& p) {
         p.visible.order = Order::all;
         p.visible.block = 6;
         p.visible.window = 5;
       }},
      {"padding", 9, 9,
       [=](ScorePlan& p) {
         p.visible.lengths = prefixes(3, 9);
         p.visible.window = 2;
       }},
      {"bias curve", 9, 9,
       [](ScorePlan& p) {
         p.bias = random_tensor({kHeads, 9});
       }},
      {"bias curve of both signs, clamped", 9, 9,
       [=](ScorePlan& p) {
         p.visible.prefix = prefixes(9, 5);
         p.bias = random_tensor({kHeads, 7});
         p.origin = 3;
       }},
      {"gates", 9, 9,
       [](ScorePlan& p) {
         const Tensor c =
             at::log_sigmoid(at::randn({kBatch, kHeads, 9}, at::kDouble)).cumsum(-1).set_requires_grad(true);
         p.decay_q = p.decay_k = c;
       }},
      {"sink", 9, 9, [](ScorePlan& p) { p.sink = random_tensor({kHeads}); }},
      {"two bands", 20, 20,
       [](ScorePlan& p) {
         p.views.push_back(random_view(6, {"", 20, 20, {}}));
       }},
      {"two bands across row blocks", 600, 600,
       [](ScorePlan& p) {
         p.views.push_back(random_view(70, {"", 600, 600, {}}));
       }},
      {"three bands, both signs", 20, 20,
       [=](ScorePlan& p) {
         p.visible.prefix = prefixes(20, 13);
         p.views.push_back(random_view(-4, {"", 20, 20, {}}));
         p.views.push_back(random_view(5, {"", 20, 20, {}}));
       }},
      {"bands in a window with sinks", 300, 300,
       [](ScorePlan& p) {
         p.views.push_back(random_view(8, {"", 300, 300, {}}));
         p.visible.window = 20;
         p.visible.sinks = 4;
       }},
      {"bands by chunk", 20, 20,
       [](ScorePlan& p) {
         p.unit = 4;
         p.views.push_back(random_view(1, {"", 20, 20, {}}));
         p.views.push_back(random_view(2, {"", 20, 20, {}}));
       }},
      {"bands by chunk across row blocks", 600, 600,
       [](ScorePlan& p) {
         p.unit = 50;
         p.views.push_back(random_view(1, {"", 600, 600, {}}));
         p.views.push_back(random_view(2, {"", 600, 600, {}}));
       }},
      {"bias at positions of each band", 20, 20,
       [](ScorePlan& p) {
         p.views.push_back(random_view(6, {"", 20, 20, {}}));
         p.views[1].query_position = at::arange(20, at::kDouble).div(2, "floor") + 4;
         p.views[1].key_position = at::arange(20, at::kDouble).div(2, "floor");
         p.bias = random_tensor({kHeads, 16});
       }},
      {"bias at positions of each example", 9, 9,
       [](ScorePlan& p) {
         p.views[0].query_position = p.views[0].key_position = at::randint(0, 30, {kBatch, 9}, at::kDouble);
         p.bias = random_tensor({kHeads, 61});
         p.origin = 30;
       }},
      {"bands while decoding", 1, 30,
       [](ScorePlan& p) {
         p.views.push_back(random_view(8, {"", 1, 30, {}}));
       }},
      {"everything at once", 40, 50,
       [=](ScorePlan& p) {
         p.views.push_back(random_view(7, {"", 40, 50, {}}));
         p.visible = {.prefix = prefixes(12, 3), .window = 15, .sinks = 2};
         p.bias = random_tensor({kHeads, 20});
         p.origin = 4;
         p.decay_q = random_tensor({kBatch, kHeads, 40});
         p.decay_k = random_tensor({kBatch, kHeads, 50});
         p.sink = random_tensor({kHeads});
       }},
  };
}

/// A case's plan and values, the same each time.
struct Built {
  ScorePlan plan;
  Tensor v;
};

inline Built build(const AttendCase& c) {
  at::manual_seed(3);
  Built built;
  built.plan.offset = c.keys - c.queries;
  built.plan.views = {random_view(kFromEverywhere, c)};
  c.edit(built.plan);
  built.v = random_tensor({kBatch, c.key_heads, c.keys, kValue});
  return built;
}

}  // namespace lx::laws
