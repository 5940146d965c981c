// Named dimensions first, then variables with units and long names: what run.h5 and sweep.h5 write alike.
#pragma once

#include "result/hdf5.h"
#include "result/record.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lx::layout {

struct EvalColumn {
  const char* name;
  double EvalCell::*member;
  const char* units;
  const char* long_name;
};
/// The numbers of the table of a run, in the order in which they are stored.
std::span<const EvalColumn> eval_columns();

using Scales = std::vector<const hdf5::Dataset*>;

hdf5::Dataset string_scale(hdf5::Group& group, const std::string& name, const std::vector<std::string>& values,
                           const char* long_name);
hdf5::Dataset number_scale(hdf5::Group& group, const std::string& name, const std::vector<int64_t>& values,
                           const char* units, const char* long_name);

hdf5::Shape shape_of(const Scales& scales);

template <class T>
hdf5::Dataset variable(hdf5::Group& group, const std::string& name, const std::vector<T>& values, const Scales& scales,
                       const char* units, const char* long_name) {
  hdf5::Dataset dataset = group.write<T>(name, values, shape_of(scales));
  dataset.set("units", units);
  dataset.set("long_name", long_name);
  dataset.attach(scales);
  return dataset;
}

hdf5::Dataset string_variable(hdf5::Group& group, const std::string& name, const std::vector<std::string>& values,
                              const Scales& scales, const char* long_name);

}  // namespace lx::layout
