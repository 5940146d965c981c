#include "config/file_header.h"

#include "base/text.h"

#include <sstream>

namespace lx::config {

FileHeader read_header(const fs::path& file) {
  constexpr std::string_view kSource = "Source:";
  FileHeader header;
  bool open = true;
  std::istringstream lines(read_file(file));
  for (std::string line; std::getline(lines, line) && line.starts_with("#");) {
    const std::string_view text = trim(std::string_view(line).substr(1));
    if (text.starts_with("@package")) continue;
    if (text.starts_with(kSource)) {
      header.source = trim(text.substr(kSource.size()));
      open = false;
    } else if (open) {
      header.summary += (header.summary.empty() ? "" : " ") + std::string(text);
      open = !text.ends_with('.');  // a sentence may take several lines
    }
  }
  return header;
}

}  // namespace lx::config
