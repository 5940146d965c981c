// Aligned tables.
#include "report/table.h"

#include "base/error.h"

#include <algorithm>
#include <cstdint>

namespace lx {
namespace {

struct CodePointRange {
  uint32_t first, last;
};
// The blocks that matter in names: combining marks and joiners; CJK, Hangul, full-width forms, emoji.
constexpr CodePointRange kNoWidth[] = {{0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};
constexpr CodePointRange kWide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
                                    {0xf900, 0xfaff},   {0xfe30, 0xfe6f},  {0xff00, 0xff60}, {0xffe0, 0xffe6},
                                    {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};

template <size_t n>
bool within(const CodePointRange (&ranges)[n], uint32_t code) {
  return std::any_of(ranges, ranges + n,
                     [&](CodePointRange range) { return range.first <= code && code <= range.last; });
}

// Reads one character and moves on; bytes that are not UTF-8 count as one character each.
uint32_t next_code_point(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const uint8_t lead = byte(at);
  const size_t size = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 1;
  uint32_t code = size == 1 ? lead : lead & (0xff >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if (byte(at + i) >> 6 != 2) {
      ++at;
      return lead;
    }
    code = code << 6 | (byte(at + i) & 0x3f);
  }
  at += size;
  return code;
}

std::string padded(const std::string& cell, int width, bool left) {
  const std::string space(static_cast<size_t>(std::max(0, width - display_width(cell))), ' ');
  return left ? cell + space : space + cell;
}

}  // namespace

int display_width(std::string_view utf8) {
  int width = 0;
  for (size_t at = 0; at < utf8.size();) {
    const uint32_t code = next_code_point(utf8, at);
    width += within(kNoWidth, code) ? 0 : within(kWide, code) ? 2 : 1;
  }
  return width;
}

void Table::row(std::vector<std::string> cells) {
  require(cells.size() <= header_.size(), "a table of {} columns got a row of {}", header_.size(), cells.size());
  cells.resize(header_.size());
  rows_.push_back(std::move(cells));
  below_.emplace_back();
}

void Table::below(std::string lines) { below_.back() += std::move(lines) + "\n"; }

std::string Table::text() const {
  std::vector<int> widths;
  for (size_t c = 0; c < header_.size(); ++c) {
    int width = display_width(header_[c]);
    for (const auto& cells : rows_) width = std::max(width, display_width(cells[c]));
    widths.push_back(width);
  }
  std::string out;
  const auto add = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) line += (c ? "  " : "") + padded(cells[c], widths[c], c < left_);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add(header_);
  std::string rule;
  for (size_t c = 0; c < widths.size(); ++c) {
    for (int i = 0; i < widths[c] + (c ? 2 : 0); ++i) rule += "─";
  }
  out += rule + "\n";
  for (size_t r = 0; r < rows_.size(); ++r) {
    add(rows_[r]);
    out += below_[r];
  }
  return out;
}

std::string Table::markdown() const {
  const auto line = [](const std::vector<std::string>& cells) {
    std::string out = "|";
    for (const std::string& cell : cells) {
      out += " ";
      for (const char c : cell) out += (c == '|' || c == '*' || c == '<' ? "\\" : "") + std::string(1, c);
      out += " |";
    }
    return out + "\n";
  };
  std::string out = line(header_) + "|";
  for (size_t c = 0; c < header_.size(); ++c) out += c < left_ ? ":---|" : "---:|";
  out += "\n";
  for (const auto& cells : rows_) out += line(cells);
  return out;
}

}  // namespace lx
