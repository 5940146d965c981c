// /eval of sweep.h5: the tables of all cells side by side, at each length and at each multiple of the trained length.
#include "base/text.h"
#include "result/store_sweep.h"

#include <cmath>
#include <limits>

namespace lx {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kNoCount = -1;

// One group: /eval itself (over lengths), or /eval/by_multiple.
struct SweepEvalGroup {
  const SweepTable& table;
  hdf5::Group group;
  bool by_multiple = false;
  PlacedAxes axes = place_axes(group, table.grid, table.data.cells);
  std::vector<std::unique_ptr<hdf5::Dataset>> scales{};

  const Gathered& data() const { return table.data; }
  const hdf5::Dataset* keep(hdf5::Dataset scale) {
    scales.push_back(std::make_unique<hdf5::Dataset>(std::move(scale)));
    return scales.back().get();
  }
  layout::Scales swept_and(const layout::Scales& more) const {
    layout::Scales all = axes.scales;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  // Calls visit(place, table of the run, index in it) for every number that was measured.
  template <class Visit>
  void each(const Visit& visit) const {
    const size_t lengths = by_multiple ? data().multiples.size() : data().lengths.size();
    for (size_t i = 0; i < data().cells.size(); ++i) {
      if (!data().runs[i] || !data().runs[i]->record.eval) continue;
      const GatheredRun& run = *data().runs[i];
      const EvalTable& own = run.record.eval->table;
      for (size_t t = 0; t < own.texts.size(); ++t) {
        for (size_t v = 0; v < own.variants.size(); ++v) {
          const size_t row =
              (table.grid.point_of_cell[i] * data().texts.size() + run.text[t]) * data().variants.size() +
              run.variant[v];
          for (size_t l = 0; l < own.lengths.size(); ++l) {
            visit(row * lengths + (by_multiple ? run.multiple[l] : run.length[l]), own.at(t, v, l));
          }
        }
      }
    }
  }

  void numbers(const layout::Scales& all) {
    size_t count = table.grid.points;
    for (const hdf5::Dataset* scale : std::span(all).subspan(axes.scales.size())) {
      count *= static_cast<size_t>(scale->length());
    }
    for (const layout::EvalColumn& column : layout::eval_columns()) {
      std::vector<double> values(count, kNothing);
      each([&](size_t at, const EvalCell& cell) { values[at] = cell.*(column.member); });
      layout::variable(group, column.name, values, all, column.units, column.long_name);
    }
    const auto whole = [&](const char* name, int64_t EvalCell::*member, const char* units, const char* long_name) {
      std::vector<int64_t> values(count, kNoCount);
      each([&](size_t at, const EvalCell& cell) { values[at] = cell.*member; });
      layout::variable(group, name, values, all, units, long_name).set("_FillValue", kNoCount);
    };
    whole("documents", &EvalCell::documents, "1", "documents the targets come from");
    whole("tokens", &EvalCell::tokens, "tokens", "targets scored");
  }

  // A sentence for each text or variant: once when all cells agree, else for each cell.
  template <class Get>
  void sentences(const char* name, const hdf5::Dataset* scale, const char* long_name,
                 std::vector<size_t> GatheredRun::*places, const Get& get) {
    const auto width = static_cast<size_t>(scale->length());
    std::vector<std::string> common(width), all(table.grid.points * width);
    std::vector<bool> known(width);
    bool agree = true;
    for (size_t i = 0; i < data().cells.size(); ++i) {
      if (!data().runs[i] || !data().runs[i]->record.eval) continue;
      const GatheredRun& run = *data().runs[i];
      for (size_t k = 0; k < (run.*places).size(); ++k) {
        const size_t at = (run.*places)[k];
        const std::string sentence = get(*run.record.eval, k);
        all[table.grid.point_of_cell[i] * width + at] = sentence;
        agree = agree && (!known[at] || common[at] == sentence);
        common[at] = sentence;
        known[at] = true;
      }
    }
    layout::string_variable(group, name, agree ? common : all, agree ? layout::Scales{scale} : swept_and({scale}),
                            long_name);
  }

  void all_sentences(const hdf5::Dataset* text, const hdf5::Dataset* variant) {
    sentences("protocol", text, "which targets are scored in which context", &GatheredRun::text,
              [](const EvalResult& eval, size_t t) { return eval.table.protocols[t]; });
    sentences("post_hoc", variant, "modifiers added for the test (JSON)", &GatheredRun::variant,
              [](const EvalResult& eval, size_t v) { return eval.variants[v].post_hoc; });
    sentences("notes", variant, "what to know when reading this variant's numbers", &GatheredRun::variant,
              [](const EvalResult& eval, size_t v) { return join(eval.variants[v].notes, "\n"); });
  }

  // The trained length wherever it is known: over the dimensions in `along`, row by row; NaN where no run tells it.
  struct Trained {
    layout::Scales along;
    std::vector<double> values;
  };
  Trained trained() {
    const Grid& grid = table.grid;
    for (const GridAxis& axis : grid.axes) {
      if (axis.key != "length" || axis.type != GridAxis::Type::integer) continue;
      const GridAxis& root = grid.axes[axis.along];
      std::vector<double> values(grid.flat ? grid.points : root.values.size());
      for (size_t i = 0; i < axis.of_cell.size(); ++i) {
        values[grid.flat ? i : root.of_cell[i]] = axis.values[axis.of_cell[i]].real();
      }
      size_t scale = 0;
      while (!grid.flat && grid.dimensions[scale] != axis.along) ++scale;
      return {{axes.scales[scale]}, values};
    }
    if (data().trained_length) return {{}, {static_cast<double>(*data().trained_length)}};
    std::vector<int64_t> whole(grid.points, kNoCount);
    std::vector<double> values(grid.points, kNothing);
    for (size_t i = 0; i < data().cells.size(); ++i) {
      if (!data().runs[i]) continue;
      whole[grid.point_of_cell[i]] = data().runs[i]->record.trained_length;
      values[grid.point_of_cell[i]] = static_cast<double>(data().runs[i]->record.trained_length);
    }
    layout::variable(group, "trained_length", whole, axes.scales, "tokens", "tokens in a training window")
        .set("_FillValue", kNoCount);
    axes.coordinates += " trained_length";
    return {axes.scales, values};
  }

  // Lengths as multiples of the trained length, or the other way round.
  void other_measure(const hdf5::Dataset* scale) {
    Trained base = trained();
    layout::Scales all = base.along;
    all.push_back(scale);
    if (by_multiple) {
      std::vector<int64_t> lengths;
      for (const double trained_length : base.values) {
        for (const double multiple : data().multiples) {
          const double length = multiple * trained_length;
          lengths.push_back(std::isfinite(length) ? std::llround(length) : kNoCount);
        }
      }
      layout::variable(group, "length", lengths, all, "tokens", "tokens read in one piece").set("_FillValue", kNoCount);
    } else {
      std::vector<double> multiples;
      for (const double trained_length : base.values) {
        for (const int64_t length : data().lengths) multiples.push_back(static_cast<double>(length) / trained_length);
      }
      layout::variable(group, "multiple", multiples, all, "1", "length over the trained length");
    }
    axes.coordinates += by_multiple ? " length" : " multiple";
  }

  void fill() {
    const hdf5::Dataset* text = keep(layout::string_scale(group, "text", data().texts,
                                                          "what was read, and which "
                                                          "targets count"));
    const hdf5::Dataset* variant =
        keep(layout::string_scale(group, "variant", data().variants, "what was changed at test time"));
    const hdf5::Dataset* third = nullptr;
    if (by_multiple) {
      hdf5::Dataset scale = group.write("multiple", data().multiples);
      scale.set("units", "1");
      scale.set("long_name", "tokens read in one piece, over the trained length");
      scale.make_scale("multiple");
      third = keep(std::move(scale));
    } else {
      third = keep(layout::number_scale(group, "length", data().lengths, "tokens", "tokens read in one piece"));
    }
    numbers(swept_and({text, variant, third}));
    other_measure(third);
    all_sentences(text, variant);
  }

  void states() {
    const Grid& grid = table.grid;
    std::vector<uint8_t> states(grid.points, static_cast<uint8_t>(SweptState::absent));
    std::vector<int64_t> numbers(grid.points, kNoCount);
    for (size_t point = 0; point < grid.points; ++point) {
      if (!grid.cell_of_point[point]) continue;
      const SweepCell& cell = data().cells[*grid.cell_of_point[point]];
      states[point] = static_cast<uint8_t>(cell.state);
      numbers[point] = cell.number;
    }
    explain_state(layout::variable(group, "state", states, axes.scales, "1", "what became of the cell"));
    if (grid.flat) return;
    layout::variable(group, "cell", numbers, axes.scales, "1", "row in /runs; -1: not in the sweep");
  }
};

}  // namespace

void write_sweep_eval(hdf5::Group& root, const SweepTable& table) {
  SweepEvalGroup eval{table, root.make("eval")};
  const bool measured = !table.data.texts.empty();
  if (measured) eval.fill();
  eval.states();
  if (table.data.trained_length) eval.group.set("trained_length", *table.data.trained_length);
  if (!eval.axes.coordinates.empty()) eval.group.set("coordinates", eval.axes.coordinates);
  if (!measured || table.data.trained_length) return;
  SweepEvalGroup multiples{table, eval.group.make("by_multiple"), true};
  multiples.fill();
  multiples.states();
  multiples.group.set("coordinates", multiples.axes.coordinates);
}

}  // namespace lx
