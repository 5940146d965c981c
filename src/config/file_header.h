// What a YAML file says of itself in the comments at its top: the first lines, up to a full stop, what it is;
// `# Source:` where it is from.
#pragma once

#include "base/files.h"

#include <string>

namespace lx::config {

struct FileHeader {
  std::string summary, source;  // empty where the file says nothing
};

FileHeader read_header(const fs::path& file);

}  // namespace lx::config
