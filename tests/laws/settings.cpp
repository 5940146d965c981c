// Settings that the laws try besides each modifier's defaults.
#include "laws/subjects.h"

namespace lx::laws {

const std::multimap<std::string, std::string>& more_settings() {
  static const std::multimap<std::string, std::string> all{
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

}  // namespace lx::laws
