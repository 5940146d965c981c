#include "complete/command_line.h"

namespace lx {
namespace {

struct ShellWords {
  std::vector<std::string> words;
  std::string word;
  bool begun = false;
  char quote = '\0';
  bool began_quoted = false;

  explicit ShellWords(std::string_view line) {
    for (size_t i = 0; i < line.size(); ++i) take(line, i);
  }

  void take(std::string_view line, size_t& i) {
    const char c = line[i];
    if (quote != '\0') {
      if (c == quote)
        quote = '\0';
      else if (c == '\\' && quote == '"' && i + 1 < line.size())
        word += line[++i];
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      if (!begun) began_quoted = true;
      begun = true;
      quote = c;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (begun) words.push_back(word);
      word.clear();
      begun = began_quoted = false;
    } else {
      begun = true;
      word += c == '\\' && i + 1 < line.size() ? line[++i] : c;
    }
  }
};

}  // namespace

HalfTyped take_apart(std::string_view line) {
  const ShellWords all(line);
  HalfTyped typed;
  typed.current = all.word;
  typed.quoted = all.quote != '\0' && all.began_quoted;
  size_t first = 0;
  while (first < all.words.size() && (all.words[first] == "env" || all.words[first].find('=') != std::string::npos))
    ++first;
  if (first < all.words.size()) typed.words.assign(all.words.begin() + static_cast<long>(first) + 1, all.words.end());
  return typed;
}

}  // namespace lx
