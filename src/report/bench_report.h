// What `lx bench` measured, for people and for programs.
#pragma once

#include "result/bench_record.h"

#include <string>

namespace lx {

/// A row for each thing that was timed: medians over rounds, the middle half of the rounds in brackets, and ratios to
/// the cell that a row is held against.
std::string bench_table(const BenchRecord& record);

/// Where the time of a call goes, by named part; what no part claims is a line of its own, so that shares add up.
std::string bench_profiles(const BenchRecord& record);

/// JSON, an object a line: {"kind": "environment" ...}, {"kind": "cell" ...}, {"kind": "row" ...},
/// {"kind": "profile" ...}. Numbers as they are: seconds, bytes, operations.
std::string bench_lines(const BenchRecord& record);

}  // namespace lx
