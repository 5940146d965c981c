// One file of a whole sweep: sweep.h5 with a dimension for every swept key, and the same numbers as rows, sweep.csv and
// sweep.jsonl. docs/results.md describes them for people who read them elsewhere.
#pragma once

#include "base/files.h"
#include "config/node.h"
#include "result/record.h"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace lx {

/// As stored, with absent for the combinations of coordinates that the sweep does not have.
enum class SweptState : uint8_t { absent = 0, done = 1, failed = 2, pending = 3 };

/// One run of a sweep, finished or not.
struct SweepCell {
  int64_t number = 0;
  std::vector<std::pair<std::string, config::Node>>
      coordinates;  // swept key -> value, the seed or not; a cell may lack keys that others have
  int64_t seed = 0;
  SweptState state = SweptState::pending;
  fs::path run_file;                   // its run.h5; read when the cell is done
  std::string run_id;                  // may be empty before the run
  std::vector<std::string> overrides;  // what makes this cell, as a job is named
  std::string reason;                  // why it failed
};

/// What all cells share.
struct SweepDescription {
  std::string id, experiment;
  config::Node shared;   // the settings that all cells have alike, resolved
  std::string multirun;  // the configuration it was made from, as YAML
  fs::path folder;
};

/// Means over each document's targets, for paired statistics between cells: the same documents stand in every cell.
struct DocumentMeans {
  std::string text;                   // natural | tail | repeated
  std::vector<std::string> names;     // documents with windows
  std::vector<std::string> variants;  // as in the table
  std::vector<int64_t> lengths;       // as in the table
  std::vector<float> loss, accuracy;  // [variant, length, document]; NaN where nothing was scored
  std::vector<int64_t> targets;       // [length, document]
};
using PerDocument = std::function<std::vector<DocumentMeans>(const EvalResult&)>;

struct CollectOptions {
  fs::path output;           // sweep.h5; the rows go beside it with the endings .csv and .jsonl
  bool flat = false;         // one dimension `cell`, whatever the coordinates
  PerDocument per_document;  // empty: no group /documents, and per-token scores are not read
};

struct CollectOutcome {
  fs::path hdf5, csv, jsonl;
  int64_t cells = 0, done = 0, failed = 0, pending = 0;
  std::vector<std::string> dimensions;  // of the swept part, with their sizes: "encoding (3)"
  std::vector<std::string> names;       // the same without sizes
  std::string example;                  // inside ds.loss.sel(...): "encoding='rope', seed=0"
  int64_t rows = 0;
};

/// Writes the three files, each complete or not at all. A cell whose run.h5 cannot be read counts as failed, with a
/// warning. Throws Error when there is no cell, or when a file cannot be written.
CollectOutcome collect_sweep(const SweepDescription& sweep, std::vector<SweepCell> cells,
                             const CollectOptions& options);

}  // namespace lx
