// Debian packages as a source of files: downloaded with apt into the cache, unpacked with dpkg-deb, never installed.
// No root is needed, and images whose dpkg leaves /usr/share/doc out still give the whole package.
#pragma once

#include "base/files.h"

#include <string>
#include <vector>

namespace lx {

struct Package {
  std::string name, version;
  fs::path file;  // the .deb
};

/// The first of the alternatives "a | b" that lies in the cache, else the first that apt knows, downloaded into
/// `cache`/packages/NAME. An alternative that ends in ".deb" is a file of the user's own and is used where it lies.
/// Two processes may ask at once. Throws Error with the command that would help.
Package get_package(const std::string& alternatives, const fs::path& cache);

/// Unpacks what `pattern` matches (a folder with all below it, or a file; "" is everything) below `into`.
void unpack_package(const Package& package, const std::string& pattern, const fs::path& into);

/// Unpacks the members of the one tar archive below `folder` that matches `pattern` (its first folder is dropped from
/// the names) into `into`. `members` are patterns in which * stays within a folder; empty: everything.
void unpack_archive(const fs::path& folder, const std::string& pattern, const std::vector<std::string>& members,
                    const fs::path& into);

/// Waits for the lock at `path`, saying once what it waits for.
FileLock wait_for_lock(const fs::path& path, const std::string& what);

}  // namespace lx
