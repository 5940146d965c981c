// Tables for people: aligned columns for a terminal, or Markdown for a page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lx {

/// Columns that `utf8` takes on a terminal: combining marks none, wide East Asian characters two.
int display_width(std::string_view utf8);

/// The first `left` columns are left-aligned, the others right-aligned. Short rows are filled with empty cells.
class Table {
 public:
  explicit Table(std::vector<std::string> header, size_t left = 1) : header_(std::move(header)), left_(left) {}
  void row(std::vector<std::string> cells);
  /// Lines of their own below the last row, however wide; Markdown leaves them out.
  void below(std::string lines);
  /// Header, a rule, rows; two spaces between columns; each line ends with a newline and has no trailing spaces.
  std::string text() const;
  std::string markdown() const;

 private:
  std::vector<std::string> header_;
  size_t left_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::string> below_;  // of each row
};

}  // namespace lx
