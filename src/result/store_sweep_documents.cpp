// /documents of sweep.h5: means over the targets of each document, for paired statistics between cells.
#include "base/text.h"
#include "result/store_sweep.h"

#include <limits>
#include <map>

namespace lx {
namespace {

struct SweepDocuments {
  const SweepTable& table;
  size_t texts = table.data.texts.size(), variants = table.data.variants.size(), lengths = table.data.lengths.size(),
         documents = table.data.documents.size();
  std::map<std::string, size_t> number{};

  // visit(cell's point, text, variant, length, document, means, index of the mean, index of the targets)
  template <class Visit>
  void each(const Visit& visit) const {
    for (size_t i = 0; i < table.data.cells.size(); ++i) {
      if (!table.data.runs[i]) continue;
      const size_t point = table.grid.point_of_cell[i];
      for (const DocumentMeans& means : table.data.runs[i]->documents) {
        const size_t text = place_of(table.data.texts, means.text), count = means.names.size();
        for (size_t v = 0; v < means.variants.size(); ++v) {
          const size_t variant = place_of(table.data.variants, means.variants[v]);
          for (size_t l = 0; l < means.lengths.size(); ++l) {
            const size_t length = place_of(table.data.lengths, means.lengths[l]);
            for (size_t d = 0; d < count; ++d) {
              const size_t document = number.at(means.names[d]);
              visit(((point * texts + text) * variants + variant) * lengths * documents + length * documents + document,
                    ((point * texts + text) * lengths + length) * documents + document, means,
                    (v * means.lengths.size() + l) * count + d, l * count + d);
            }
          }
        }
      }
    }
  }

  std::vector<float> means(std::vector<float> DocumentMeans::*member) const {
    std::vector<float> out(table.grid.points * texts * variants * lengths * documents,
                           std::numeric_limits<float>::quiet_NaN());
    each([&](size_t at, size_t, const DocumentMeans& from, size_t index, size_t) { out[at] = (from.*member)[index]; });
    return out;
  }

  // Every cell scores the same targets unless lengths or splits are swept: then once for all.
  void write_targets(hdf5::Group& group, const PlacedAxes& axes, const layout::Scales& one) const {
    std::vector<int64_t> all(table.grid.points * texts * lengths * documents, -1),
        common(texts * lengths * documents, -1);
    bool agree = true;
    each([&](size_t, size_t at, const DocumentMeans& from, size_t, size_t index) {
      int64_t& shared = common[at % common.size()];
      all[at] = from.targets[index];
      agree = agree && (shared == -1 || shared == all[at]);
      shared = all[at];
    });
    layout::Scales scales = agree ? layout::Scales{} : axes.scales;
    scales.insert(scales.end(), one.begin(), one.end());
    layout::variable(group, "targets", agree ? common : all, scales, "tokens", "targets of the document")
        .set("_FillValue", int64_t{-1});
  }

  void write(hdf5::Group group) {
    for (size_t d = 0; d < documents; ++d) number[table.data.documents[d]] = d;
    const PlacedAxes axes = place_axes(group, table.grid, table.data.cells);
    const hdf5::Dataset text = layout::string_scale(group, "text", table.data.texts, "what was read");
    const hdf5::Dataset variant =
        layout::string_scale(group, "variant", table.data.variants, "what was changed at test time");
    const hdf5::Dataset length =
        layout::number_scale(group, "length", table.data.lengths, "tokens", "tokens read in one piece");
    const hdf5::Dataset document =
        layout::string_scale(group, "document", table.data.documents, "the same in every cell");
    layout::Scales all = axes.scales;
    for (const hdf5::Dataset* scale : {&text, &variant, &length, &document}) all.push_back(scale);
    layout::variable(group, "loss", means(&DocumentMeans::loss), all, "nats/token", "mean over the document's targets");
    layout::variable(group, "accuracy", means(&DocumentMeans::accuracy), all, "1",
                     "fraction of the document's targets that were the likeliest token");
    write_targets(group, axes, {&text, &length, &document});
    if (!axes.coordinates.empty()) group.set("coordinates", axes.coordinates);
  }
};

}  // namespace

void write_sweep_documents(hdf5::Group& root, const SweepTable& table) {
  if (!table.data.documents_left_out.empty()) root.make("documents").set("comment", table.data.documents_left_out);
  if (!table.data.documents.empty()) SweepDocuments{table}.write(root.make("documents"));
}

}  // namespace lx
