// Which heads are looked into while a model is evaluated, and at how much text.
#pragma once

#include "config/fields.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lx {

struct ProbeConfig {
  std::optional<std::vector<int64_t>> layers = {}, heads = {};
  int64_t windows = 4, rows = 64, matrix = 512;
  std::optional<std::vector<int64_t>> lengths = {};
  std::optional<std::vector<std::string>> variants = {};

  static constexpr auto fields() {
    using config::at_least, config::field, config::not_negative;
    return std::tuple{
        field("layers", &ProbeConfig::layers, "the layers looked into, from 0; null: all", not_negative()),
        field("heads", &ProbeConfig::heads, "the heads of each layer, from 0; null: all", not_negative()),
        field("windows", &ProbeConfig::windows, "windows of text read", at_least(1)),
        field("rows", &ProbeConfig::rows, "the last queries, of which means are taken", at_least(1)),
        field("matrix", &ProbeConfig::matrix,
              "rank and determinant: of at most the last so many queries against as many last keys", at_least(2)),
        field("lengths", &ProbeConfig::lengths, "some of eval.lengths; null: all", at_least(1)),
        field("variants", &ProbeConfig::variants, "some of eval.variants; null: all"),
    };
  }
};

}  // namespace lx
