// Where a corpus's documents come from: its packages, the user's files, or the generator; each cleaned and named.
#pragma once

#include "data/manifest.h"
#include "data/packages.h"

#include <functional>
#include <string>
#include <vector>

namespace lx {

struct Document {
  std::string name;  // "python/library/os.rst.txt", unique in the corpus
  std::string key;   // what its side of the split is decided by: the family's name
  std::string text;  // clean UTF-8, never empty
};

/// What was left out on the way, and where the text came from.
struct Gathering {
  int64_t not_text = 0, too_short = 0;  // documents
  std::vector<Package> packages;
};

/// A file of the user's own: what a changed one is noticed by.
struct OwnFile {
  fs::path path;
  std::string name;
  uint64_t bytes = 0;
  int64_t modified = 0;  // nanoseconds of the file's clock
};

/// The files that `path` (a folder, a file or a pattern, "~/" allowed) means, sorted; hidden files are left out. Throws
/// Error when there is none.
std::vector<OwnFile> own_files(const std::string& path);

/// Hands every document to `take`, in the order of the manifest and of the files' names. Packages are downloaded to
/// `cache` when missing and unpacked below `scratch`.
Gathering gather_documents(const CorpusConfig& corpus, const fs::path& cache, const fs::path& scratch,
                           const std::function<void(Document&&)>& take);

}  // namespace lx
