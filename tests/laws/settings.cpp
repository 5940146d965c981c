// Settings that the laws try besides each modifier's defaults.
#include "laws/subjects.h"

namespace lx::laws {

const std::multimap<std::string, std::string>& more_settings() {
  static const std::multimap<std::string, std::string> all{
      // where tokens stand, who sees whom, absolute positions
      {"self_extend", "{window: 4, group: 2}"},
      {"self_extend", "{window: 5, group: 3, when: test}"},
      {"chunked", "{chunk: 5, local: 2}"},
      {"chunked", "{chunk: 7, local: 1, when: test}"},
      {"string", "{shift: 5, window: 2}"},
      {"string", "{shift: 9, window: 1, when: test}"},
      {"streaming", "{size: 5, sinks: 2}"},
      {"streaming", "{size: 3, sinks: 6}"},
      {"randomized", "{max: 40, each: example}"},
      {"randomized", "{max: 50, test: random}"},
      {"randomized", "{test: plain}"},
      {"randomized", "{law: float, max: 60}"},
      {"randomized", "{law: float, test: random, each: example}"},
      {"randomized", "{law: exponential, each: example}"},
      {"randomized", "{law: exponential, test: random}"},
      {"randomized", "{law: beta, max: 30}"},
      {"randomized", "{law: beta, concentration: 1, each: example}"},
      {"pose", "{target: 30}"},
      {"rope_tie", "{grids: [{at: 0, rows: 3, columns: 2}, {at: 8, rows: 2, columns: 4}], spacing: real}"},
      {"rope_tie", "{grids: [{at: 20, rows: 3, columns: 3}]}"},
      {"blocks", "{size: 5}"},
      {"order", "{sees: all}"},
      {"sinusoidal", "{layout: interleaved, base: 100}"},
      {"sinusoidal", "{learned_scale: true}"},
      {"learned", "{hierarchical: 0.4}"},
      {"learned", "{size: 30, hierarchical: 0.2}"},
      {"rope", "{layout: interleaved}"},
      {"rope", "{fraction: 0.7, base: 100}"},
      {"rope", "{fraction: 0.7, layout: interleaved}"},
      {"rope", "{proportion: 0.7}"},
      {"rope", "{base_for: 50}"},
      {"pi", "{factor: 3}"},
      {"ntk", "{factor: 8, kind: old}"},
      {"ntk", "{factor: 8, kind: fixed}"},
      {"ntk", "{factor: 8, kind: mixed}"},
      {"ntk", "{factor: 4, dynamic: true}"},
      {"yarn", "{factor: 8, fast: 1, slow: 0.01}"},
      {"yarn", "{factor: 8, fast: 1, slow: 0.01, ramp: turns, temperature: false}"},
      {"rerope", "{window: 5}"},
      {"rerope", "{window: 5, interval: 0.3}"},
      {"rerope", "{window: 3, interval: 4, when: train}"},
      {"window", "{size: 5, sinks: 2}"},
      {"window", "{stacked: 0.75}"},
      {"cosine", "{length: visible, scale: 2}"},
      {"log_n", "{floor: 0, base: 20}"},
      {"log_n", "{floor: 0, base: 512, least_keys: 16}"},
      {"qk_bias", "{query: false}"},
      {"llama3", "{factor: 0, low: 0.1, high: 0.9}"},
      {"longrope", "{factor: 4, temperature: false}"},
      {"fope_clamp", "{turns: 0.1}"},
      {"xpos", "{scale: 5, gamma: 1}"},
      {"qk_norm", "{gain: false}"},
      {"ssmax", "{start: 0.4, offset: true}"},
      {"adaptive_scale", "{offset: 0, range: 0.5}"},
      {"temperature", "{value: 0.5, plain: true}"},
      {"temperature", "{factor: 8}"},
      // Biases, gates, sinks, and what corrects logits.
      {"alibi", "{learned: true, ahead: 0.5}"},
      {"alibi", "{slopes: linear}"},
      {"alibi", "{slopes: exponential}"},
      {"t5_bias", "{buckets: 8, max_distance: 15, bidirectional: true}"},
      {"t5_bias", "{buckets: 5, max_distance: 9}"},
      {"kerple", "{kind: power}"},
      {"sandwich", "{width: 10, per_head: false, scale: 0.5}"},
      {"cpb", "{log: false, width: 5, depth: 1}"},
      {"fire", "{threshold: 3, width: 5}"},
      {"forget", "{gate: softplus}"},
      {"forget", "{kind: bias, fastest: 3, slowest: 9}"},
      {"forget", "{kind: bias, gate: softplus}"},
      {"forget", "{kind: fixed}"},
      {"sink", "{value: 1}"},
      {"sink", "{learned: false}"},
      {"cope", "{positions: 3}"},
      {"dape", "{kernel: 3, width: 4}"},
      {"dape", "{kernel: 5, width: 3}"},
  };
  return all;
}

const std::map<std::string, std::string>& stand_ins() {
  static const std::map<std::string, std::string> all{
      {"learned", "{size: 32}"},  // a table of N rows refuses longer texts, which test_positions.cpp tests
      {"rope_tie", "{grids: [{at: 5, rows: 2, columns: 3}]}"},
  };
  return all;
}

}  // namespace lx::laws
