#include "result/layout.h"

namespace lx::layout {
namespace {

constexpr EvalColumn kEvalColumns[] = {
    {"loss", &EvalCell::loss, "nats/token", "mean cross entropy over the targets"},
    {"loss_se", &EvalCell::loss_se, "nats/token", "standard error of loss over documents"},
    {"perplexity", &EvalCell::perplexity, "1", "exp of the mean loss"},
    {"bits_per_byte", &EvalCell::bits_per_byte, "bits/byte", "loss / ln 2 / bytes per token"},
    {"accuracy", &EvalCell::accuracy, "1", "fraction of targets that were the likeliest token"},
    {"accuracy_se", &EvalCell::accuracy_se, "1", "standard error of accuracy over documents"},
    {"difference", &EvalCell::difference, "nats/token", "loss minus the loss of the first variant, same targets"},
    {"difference_se", &EvalCell::difference_se, "nats/token", "paired standard error of difference over documents"},
    {"accuracy_difference", &EvalCell::accuracy_difference, "1", "accuracy minus that of the first variant"},
    {"accuracy_difference_se", &EvalCell::accuracy_difference_se, "1", "paired standard error of accuracy_difference"},
    {"change", &EvalCell::change, "nats/token", "loss minus this variant's loss at the reference length"},
    {"change_se", &EvalCell::change_se, "nats/token", "paired standard error of change over documents"},
    {"gap", &EvalCell::gap, "nats/token", "loss minus the lowest loss among the other variants"},
    {"gap_se", &EvalCell::gap_se, "nats/token", "paired standard error of gap over documents"},
};

}  // namespace

std::span<const EvalColumn> eval_columns() { return kEvalColumns; }

hdf5::Dataset string_scale(hdf5::Group& group, const std::string& name, const std::vector<std::string>& values,
                           const char* long_name) {
  hdf5::Dataset scale = group.write_strings(name, values, {static_cast<int64_t>(values.size())});
  scale.set("long_name", long_name);
  scale.make_scale(name);
  return scale;
}

hdf5::Dataset number_scale(hdf5::Group& group, const std::string& name, const std::vector<int64_t>& values,
                           const char* units, const char* long_name) {
  hdf5::Dataset scale = group.write(name, values);
  scale.set("units", units);
  scale.set("long_name", long_name);
  scale.make_scale(name);
  return scale;
}

hdf5::Shape shape_of(const Scales& scales) {
  hdf5::Shape shape;
  for (const hdf5::Dataset* scale : scales) shape.push_back(scale->length());
  return shape;
}

hdf5::Dataset string_variable(hdf5::Group& group, const std::string& name, const std::vector<std::string>& values,
                              const Scales& scales, const char* long_name) {
  hdf5::Dataset dataset = group.write_strings(name, values, shape_of(scales));
  dataset.set("long_name", long_name);
  dataset.attach(scales);
  return dataset;
}

}  // namespace lx::layout
