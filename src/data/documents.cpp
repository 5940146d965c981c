#include "data/documents.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "data/clean.h"
#include "data/formats.h"
#include "data/glob.h"
#include "data/inflate.h"
#include "data/progress.h"
#include "data/synthetic.h"

#include <algorithm>
#include <cstdlib>
#include <regex>

namespace lx {
namespace {

struct Gatherer {
  const CorpusConfig& corpus;
  const std::function<void(Document&&)>& take;
  const std::regex family;
  Gathering result;
  int64_t taken = 0;

  std::string family_of(const std::string& name) const {
    std::smatch match;
    if (corpus.split.family.empty() || !std::regex_search(name, match, family)) return name;
    return match.size() > 1 && match[1].matched ? match[1].str() : match[0].str();
  }

  void offer(std::string name, std::string key, std::string text) {
    if (static_cast<int64_t>(text.size()) < corpus.min_bytes) {
      ++result.too_short;
      return;
    }
    ++taken;
    take({std::move(name), std::move(key), std::move(text)});
  }

  // Cuts at the last line end of each piece, so that lines stay whole; lines longer than a piece are cut anywhere
  // between two characters.
  void offer_pieces(const std::string& name, const std::string& key, std::string text) {
    const auto limit = static_cast<size_t>(corpus.piece_bytes);
    if (limit == 0 || text.size() <= limit) return offer(name, key, std::move(text));
    size_t number = 0;
    for (size_t begin = 0; begin < text.size(); ++number) {
      size_t end = std::min(text.size(), begin + limit);
      if (end < text.size()) {
        const size_t line = text.rfind('\n', end - 1);
        if (line != std::string::npos && line > begin + limit / 2) end = line + 1;
        while (end > begin + 1 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
      }
      const std::string piece = fmt::format("#{:06}", number);
      offer(name + piece, key + piece, text.substr(begin, end - begin));
      begin = end;
    }
  }

  void add_text(const std::string& name, std::string_view bytes) {
    std::optional<std::string> clean = clean_text(bytes);
    if (!clean) {
      ++result.not_text;
      log::debug("left out {}: not UTF-8 text", name);
      return;
    }
    if (corpus.separator.empty()) return offer_pieces(name, family_of(name), std::move(*clean));
    // The side of a document between separators is decided by its content: its number in the file would move with
    // every document put before it.
    size_t number = 0;
    for (std::string_view rest = *clean; !rest.empty();) {
      const size_t end = std::min(rest.find(corpus.separator), rest.size());
      std::string text(trim(rest.substr(0, end)));
      rest.remove_prefix(std::min(rest.size(), end + corpus.separator.size()));
      if (text.empty()) continue;
      const std::string key = hash_hex(text);
      offer_pieces(fmt::format("{}#{:06}", name, number++), key, std::move(text) + "\n");
    }
  }

  void add_file(FileFormat format, const fs::path& file, const std::string& name) {
    for (const RawText& raw : read_format(format, file)) {
      // A container's documents have names of their own: "treasury/Ps.119".
      add_text(raw.name.empty() ? name : name.substr(0, name.rfind('/') + 1) + raw.name, raw.bytes);
    }
  }

  void add_part(const PartConfig& part, const fs::path& cache, const fs::path& scratch) {
    Package package = get_package(part.package, cache);
    const fs::path unpacked = scratch / (part.name + ".package");
    unpack_package(package, part.archive.empty() ? part.folder : part.archive, unpacked);
    fs::path root = unpacked;
    if (!part.archive.empty()) {
      root = scratch / (part.name + ".archive");
      unpack_archive(unpacked, part.archive, part.members, root);
    }
    const int64_t before = taken;
    Progress progress("reading " + part.name);
    for (const fs::path& folder : find_folders(root, part.folder)) {
      for (const std::string& file : find_files(folder, part.files, part.exclude)) {
        add_file(part.format, folder / file, part.name + "/" + without_compression_suffix(file));
        progress.show([&] { return fmt::format("{} documents", taken - before); });
      }
    }
    require(taken > before,
            "the corpus '{}': the package {} {} has no document for the part '{}' (folder '{}', files {})", corpus.name,
            package.name, package.version, part.name, part.folder, join(part.files, " "));
    const auto same = [&](const Package& other) { return other.name == package.name; };
    if (std::none_of(result.packages.begin(), result.packages.end(), same)) result.packages.push_back(package);
  }
};

std::string expand_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  return path.starts_with("~/") && home ? std::string(home) + path.substr(1) : path;
}

}  // namespace

std::vector<OwnFile> own_files(const std::string& path) {
  const fs::path whole = fs::absolute(expand_home(path)).lexically_normal();
  std::error_code error;
  fs::path root = whole;
  std::vector<std::string> names;
  if (fs::is_directory(whole, error)) {
    names = find_files(root, std::vector<std::string>{"**"}, {});
  } else if (fs::is_regular_file(whole, error)) {
    root = whole.parent_path();
    names = {whole.filename().string()};
  } else {
    require(has_wildcards(path), "there is no file or folder {} (data.path)", path);
    while (has_wildcards(root.string())) root = root.parent_path();
    require(fs::is_directory(root, error), "there is no folder {} for the pattern {} (data.path)", shown(root), path);
    names = find_files(root, std::vector<std::string>{whole.lexically_relative(root).generic_string()}, {});
  }
  require(!names.empty(), "{} {} (data.path)", has_wildcards(path) ? "no file matches" : "there is no file in", path);
  std::vector<OwnFile> files;
  for (std::string& name : names) {
    const fs::path file = root / name;
    const int64_t modified = fs::last_write_time(file, error).time_since_epoch().count();
    files.push_back({file, std::move(name), fs::file_size(file, error), modified});
  }
  return files;
}

Gathering gather_documents(const CorpusConfig& corpus, const fs::path& cache, const fs::path& scratch,
                           const std::function<void(Document&&)>& take) {
  Gatherer gatherer{corpus, take, std::regex(corpus.split.family), {}};
  for (const PartConfig& part : corpus.parts) gatherer.add_part(part, cache, scratch);
  if (!corpus.path.empty()) {
    const std::vector<OwnFile> files = own_files(corpus.path);
    Progress progress("reading " + corpus.path);
    for (size_t i = 0; i < files.size(); ++i) {
      gatherer.add_file(FileFormat::text, files[i].path, without_compression_suffix(files[i].name));
      progress.show([&] { return fmt::format("{} of {} files", i + 1, files.size()); });
    }
  }
  if (corpus.synthetic) {
    make_synthetic_documents(*corpus.synthetic,
                             [&](std::string name, std::string text) { gatherer.offer(name, name, std::move(text)); });
  }
  return std::move(gatherer.result);
}

}  // namespace lx
