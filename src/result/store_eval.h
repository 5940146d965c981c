// The evaluation's part of run.h5; only store*.cpp include this.
#pragma once

#include "result/hdf5.h"
#include "result/record.h"
#include "result/store.h"

namespace lx {

void write_eval(hdf5::Group& root, const EvalResult& eval);
EvalResult read_eval(const hdf5::Group& root, PerToken per_token);

void write_repeats(hdf5::Group group, const RepeatTable& table);
RepeatTable read_repeats(const hdf5::Group& group);
void write_probe(hdf5::Group group, const AttentionProbe& probe);
AttentionProbe read_probe(const hdf5::Group& group);
void write_written(hdf5::Group group, const WrittenTable& table);
WrittenTable read_written(const hdf5::Group& group);

}  // namespace lx
