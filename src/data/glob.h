// File patterns: * and ? stay within a folder, ** crosses folders, [a-z] is a set, {a,b} are alternatives.
#pragma once

#include "base/files.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lx {

bool has_wildcards(std::string_view pattern);
/// Whether the whole of `path` (with / between folders) matches.
bool glob_match(std::string_view pattern, std::string_view path);
bool matches_any(std::span<const std::string> patterns, std::string_view path);

/// The regular files below `root` (links to files included, hidden files and folders not) whose path relative to `root`
/// matches one of `patterns` and none of `exclude`; relative paths, sorted, so that the order is the same everywhere.
std::vector<std::string> find_files(const fs::path& root, std::span<const std::string> patterns,
                                    std::span<const std::string> exclude);

/// The folders below `root` that match `pattern` ("" is `root` itself), sorted.
std::vector<fs::path> find_folders(const fs::path& root, const std::string& pattern);

}  // namespace lx
