// The systems of a sweep, or of any runs, against one of them.
#pragma once

#include "eval/compare.h"
#include "result/collect.h"

#include <string>
#include <vector>

namespace lx {

/// Cells that differ in the seed only are one system.
struct SweptSystems {
  std::vector<std::string> keys;  // what the systems' labels say; never empty
  std::vector<SystemRuns> systems;
};

/// Reads the finished cells one after the other, and keeps sums by document only. `text`: natural, tail or repeated;
/// empty: natural where the first run has it, else its first. Runs that were not evaluated are passed over; one that
/// cannot be read or has no such text is left out with a warning.
SweptSystems read_systems(const std::vector<SweepCell>& cells, const std::string& text = "");

struct CompareSystemsRequest {
  std::string variant;    // empty: the first
  std::string reference;  // "model=decoder,encoding=rope": keys or their short names; empty: the first system
  SeedPairing pairing = SeedPairing::same;
  bool markdown = false;
};

/// The table. Throws Error when there is no system, and when the reference names none or several.
std::string compare_systems(const SweptSystems& swept, const CompareSystemsRequest& request = {});

}  // namespace lx
