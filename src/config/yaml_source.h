// The raw text of a YAML file, asked about what yaml-cpp lets pass: quotes that are never closed, lines without a
// colon.
#pragma once

#include <cstddef>
#include <string>

namespace lx::config {

class YamlSource {
 public:
  /// Positions are those of yaml-cpp's marks: bytes behind a byte order mark.
  explicit YamlSource(const std::string& text) : text_(text), start_(text.starts_with("\xef\xbb\xbf") ? 3 : 0) {}

  /// Does a quoted scalar begin at `position` (behind its tag and anchor) that the file never closes? yaml-cpp takes
  /// all that follows into it.
  bool never_closed(size_t position) const;
  /// Is the word at `position`, read as a key without a value, followed by no colon? yaml-cpp reads "steps 10" as the
  /// key 'steps 10'.
  bool lacks_colon(size_t position) const;
  /// The first line that begins with '%' and is no %YAML or %TAG; 0: none. yaml-cpp drops such lines.
  int strange_directive() const;

 private:
  const std::string& text_;
  size_t start_;

  size_t content(size_t position) const;  // behind tags, anchors and blanks; an index into text_
  size_t closing(size_t quote) const;     // npos when there is none
};

}  // namespace lx::config
