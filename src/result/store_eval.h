// The evaluation's part of run.h5; only store*.cpp include this.
#pragma once

#include "result/hdf5.h"
#include "result/record.h"
#include "result/store.h"

namespace lx {

void write_eval(hdf5::Group& root, const EvalResult& eval);
EvalResult read_eval(const hdf5::Group& root, PerToken per_token);

}  // namespace lx
