// Manual pages: roff source to the words a reader would see, without laying them out.
#include "base/text.h"
#include "data/formats.h"

#include <algorithm>
#include <array>

namespace lx {
namespace {

template <size_t n>
bool is_one_of(std::string_view word, const std::array<std::string_view, n>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 4> kHeadings{"SH", "SS", "Sh", "Ss"};
constexpr std::array<std::string_view, 7> kParagraphs{"PP", "P", "LP", "TP", "IP", "Pp", "sp"};
constexpr std::array<std::string_view, 10> kFonts{"B", "I", "BR", "RB", "IR", "RI", "BI", "IB", "SM", "SB"};
// mdoc's macros whose arguments are read as text.
constexpr std::array<std::string_view, 20> kMdoc{"Nm", "Nd", "Fl", "Ar", "It", "Op", "Pa", "Cm", "Xr", "Fn",
                                                 "Fa", "Ft", "Va", "Em", "Sy", "Li", "Dq", "Sq", "Ql", "Pq"};

// Appends `line` without escapes; in the arguments of a macro quotes only group words.
void append_without_escapes(std::string_view line, bool is_argument, std::string& plain) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && is_argument) continue;
    if (line[i] != '\\' || i + 1 == line.size()) {
      plain += line[i];
      continue;
    }
    const char escape = line[++i];
    const char next = i + 1 < line.size() ? line[i + 1] : ' ';
    if (escape == 'f' || escape == '*' || escape == 's') {  // \fB \f(CW \f[CW] \s-1
      if (next == '(')
        i += 3;
      else if (next == '[')
        i = std::min(line.find(']', i), line.size());
      else
        i += escape == 's' && (next == '+' || next == '-') ? 2 : 1;
    } else if (escape == '(') {
      const std::string_view code = line.substr(i + 1, 2);
      plain += code == "em" || code == "en" || code == "mi" ? "-" : code == "bu" ? "*" : code == "co" ? "(c)" : "'";
      i += 2;
    } else if (escape == 'e' || escape == '\\') {
      plain += '\\';
    } else if (escape == '-' || escape == '.' || escape == '\'' || escape == '`' || escape == ' ') {
      plain += escape;
    } else if (escape == '"') {
      return;  // a comment
    }
  }
}

}  // namespace

std::string strip_man(std::string_view text) {
  std::string plain;
  bool in_definition = false, runs_on = false;  // runs_on: the next words belong to the same line
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (in_definition) {
      in_definition = !line.starts_with("..");
      continue;
    }
    const bool request = line.starts_with('.') || line.starts_with('\'');
    if (!request) {
      append_without_escapes(line, false, plain);
      plain += '\n';
      runs_on = false;
      continue;
    }
    line = trim(line.substr(1));
    const size_t blank = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view macro = line.substr(0, blank);
    line = trim(line.substr(blank));
    in_definition = macro == "de";
    const bool heading = is_one_of(macro, kHeadings);
    if (heading || is_one_of(macro, kParagraphs)) {
      plain += runs_on ? "\n\n" : "\n";
      runs_on = false;
    }
    if (heading) {
      append_without_escapes(line, true, plain);
      plain += '\n';
    } else if (is_one_of(macro, kFonts) || is_one_of(macro, kMdoc)) {
      if (!runs_on && plain.ends_with('\n') && !plain.ends_with("\n\n")) plain.back() = ' ';
      append_without_escapes(line, true, plain);
      plain += ' ';
      runs_on = true;
    }
  }
  return plain;
}

}  // namespace lx
