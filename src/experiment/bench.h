// How fast configurations train and score on this machine, and how much memory they take.
#pragma once

#include "experiment/run_config.h"

#include <optional>
#include <string>
#include <vector>

namespace lx {

struct BenchOptions {
  double seconds = 10;                              // for each thing that is timed, over all rounds
  int64_t rounds = 5;                               // cells take turns, so that noise of the machine meets all alike
  std::optional<int64_t> tokens;                    // of a step; empty: 4096 where nothing says what the batch is
  std::vector<std::string> parts{"train", "eval"};  // of bench_parts()
  std::string against;                              // "encoding=rope,...", or the number of a cell; empty: the first
  fs::path other;                                   // another build, measured in turn with this one
  std::vector<std::string> words;                   // what the other build is to be given besides
  std::vector<std::string> profiled;                // parts whose time is taken apart
  bool json = false;
  fs::path out;  // empty: bench/<time>.h5 in the folder of results, or none for json
};

/// Measures every cell that the overrides ask for (several values of a key: a grid), on random tokens: no corpus is
/// needed. Prints a table, or JSON lines, and writes bench.h5 (result/store_bench.h). Throws Error, before anything is
/// timed, for a cell that cannot run. Returns the exit code: 128 + signal when interrupted.
int bench(const ConfigRequest& request, const BenchOptions& options);

}  // namespace lx
