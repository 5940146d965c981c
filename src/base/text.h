// Small things about words and numbers that people read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lx {

/// Levenshtein distance with adjacent swaps counted once (optimal string alignment).
int edit_distance(std::string_view a, std::string_view b);

/// "; did you mean 'x'?" for the nearest candidate when it is near enough to be a slip, else "".
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

std::vector<std::string> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
/// `text` in lines of at most `width` bytes, broken at blanks; each begins with `indent` blanks.
std::string wrapped(std::string_view text, size_t indent, size_t width);
/// The same words with blanks at which wrapped() does not break.
std::string firm(std::string_view text);
std::string_view trim(std::string_view text);
/// Well-formed UTF-8: no stray bytes, no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text);
/// The UTF-8 character that begins at `at`, all its bytes.
std::string_view character_at(std::string_view text, size_t at);

/// Shortest digits that read back the same, always with a mark of being a float: 1.0, 1e-05, 0.1, inf, nan.
std::string format_double(double value);
/// 950, 12.3k, 4.79M, 1.20G.
std::string format_count(double value);
/// 512 B, 1.5 KiB, 3.2 MiB.
std::string format_bytes(uint64_t bytes);
/// 8.3s, 2m05s, 1h02m.
std::string format_duration(double seconds);

}  // namespace lx
