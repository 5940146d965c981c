// bench.h5: what `lx bench` measured, with named dimensions.
//   /cells           cell: label, overrides, program, precision, threads, parameters, reference, and each key that
//                    varies; roof[cell, round]
//   /train           seconds, tokens_per_second, operations_per_second [cell, round]; length, batch, memory ... [cell]
//   /eval            the same, with the dimension `length` behind `cell`
//   /attention, /attention_train   as /train
// NaN where a cell has no such row. Attributes of /environment say what computed.
#pragma once

#include "base/files.h"
#include "result/bench_record.h"

namespace lx {

/// Writes the whole file, or none. Throws Error.
void write_bench(const fs::path& path, const BenchRecord& record);

}  // namespace lx
