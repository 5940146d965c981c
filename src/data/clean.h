// Turns the bytes of a file into clean text: valid UTF-8, one kind of line end, no terminal tricks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lx {

/// Valid UTF-8 whose only control characters are newline and tab: a byte order mark and terminal colours removed,
/// overstruck letters of manual pages ("X\bX", "_\bX") reduced to the letter, CR LF and CR to LF, form feeds to
/// newlines, other control characters dropped, more than two empty lines shortened to two, one newline at the end.
/// Invalid bytes become U+FFFD; empty when that is more than one in a hundred, or when there is a zero byte: the file
/// is then not UTF-8 text. Text that comes out empty stays an empty string.
std::optional<std::string> clean_text(std::string_view bytes);

/// How many bytes the valid UTF-8 character at the front of `bytes` takes; 0 when it is not valid (overlong forms,
/// surrogates and code points over U+10FFFF included).
size_t utf8_length(std::string_view bytes);

}  // namespace lx
