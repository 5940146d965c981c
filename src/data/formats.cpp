#include "data/formats.h"

#include "base/error.h"
#include "base/text.h"
#include "data/inflate.h"

#include <algorithm>
#include <cctype>

namespace lx {
namespace {

uint32_t big_endian(std::string_view bytes, size_t at, const fs::path& file) {
  require(at + 4 <= bytes.size(), "{} ends too early for R data", shown(file));
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

uint32_t little_endian(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// "SENSE AND SENSIBILITY" -> "sense_and_sensibility"
std::string slug(std::string_view title) {
  std::string name;
  for (const char c : title.substr(0, 60)) {
    if (std::isalnum(static_cast<unsigned char>(c)))
      name += static_cast<char>(std::tolower(c));
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (name.ends_with('_')) name.pop_back();
  return name;
}

// One serialised object (R's XDR format, versions 2 and 3): a vector of strings as lines, anything else as nothing.
std::string strings_of_r_object(std::string_view object, const fs::path& file) {
  constexpr uint32_t kStrings = 16, kString = 9, kMissing = 0xFFFFFFFF;
  if (!object.starts_with("X\n")) return "";
  size_t at = 14;
  if (big_endian(object, 2, file) == 3) at += 4 + big_endian(object, at, file);
  if ((big_endian(object, at, file) & 0xFF) != kStrings) return "";
  const uint32_t count = big_endian(object, at + 4, file);
  at += 8;
  std::string text;
  for (uint32_t i = 0; i < count; ++i) {
    require((big_endian(object, at, file) & 0xFF) == kString, "{} is not R data as expected", shown(file));
    const uint32_t length = big_endian(object, at + 4, file);
    at += 8;
    if (length != kMissing) {
      require(at + length <= object.size(), "{} ends too early for R data", shown(file));
      text += object.substr(at, length);
      at += length;
    }
    text += '\n';
  }
  return text;
}

std::vector<RawText> read_rdata(const fs::path& file) {
  const std::string bytes = read_file(file);
  std::vector<RawText> texts;
  // Objects lie one after another: the length of the plain object, then a zlib stream.
  for (size_t at = 0; at + 6 < bytes.size();) {
    const uint32_t length = big_endian(bytes, at, file);
    size_t packed = 0;
    const std::string object = inflate_front(std::string_view(bytes).substr(at + 4), shown(file), packed);
    require(object.size() == length, "{} is not R data as expected", shown(file));
    at += 4 + packed;
    std::string text = strings_of_r_object(object, file);
    if (text.empty()) continue;
    const std::string_view first_line = trim(std::string_view(text).substr(0, text.find('\n')));
    texts.push_back({slug(first_line), std::move(text)});
  }
  return texts;
}

// OSIS to plain text: paragraphs and titles become lines, other markup disappears.
std::string strip_osis(std::string_view markup) {
  std::string text;
  for (size_t i = 0; i < markup.size();) {
    const char c = markup[i];
    if (c == '<') {
      const size_t end = markup.find('>', i);
      if (end == std::string_view::npos) break;
      const std::string_view tag = markup.substr(i, end - i + 1);
      const bool breaks = tag.starts_with("<title") || tag.starts_with("</title") || tag.starts_with("</item") ||
                          tag.starts_with("<l ") || tag.find("x-p\"") != std::string_view::npos;
      if (breaks && !text.empty() && text.back() != '\n') text += '\n';
      i = end + 1;
      continue;
    }
    const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!blank)
      text += c;
    else if (!text.empty() && text.back() != ' ' && text.back() != '\n')
      text += ' ';
    ++i;
  }
  for (const auto& [entity, plain] : {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&amp;", "&"}}) {
    for (size_t at = 0; (at = text.find(entity, at)) != std::string::npos; ++at) {
      text.replace(at, std::string_view(entity).size(), plain);
    }
  }
  return text;
}

std::vector<RawText> read_sword(const fs::path& file) {
  std::string index_name = file.string();
  require(index_name.ends_with("czz") || index_name.ends_with("bzz"), "{} is not a .czz or .bzz file", shown(file));
  index_name.back() = 's';
  const std::string index = read_file(index_name), blocks = read_file(file);
  std::vector<RawText> texts;
  for (size_t i = 0; (i + 1) * 12 <= index.size(); ++i) {
    const size_t offset = little_endian(index, 12 * i), size = little_endian(index, 12 * i + 4);
    if (size == 0) continue;
    require(offset + size <= blocks.size(), "{} points past the end of {}", shown(index_name), shown(file));
    const std::string block = inflate_bytes(std::string_view(blocks).substr(offset, size), shown(file));
    std::string name = fmt::format("{:03}", i);
    // A module names its parts itself: osisID="Ps.119".
    if (const size_t at = block.find("<chapter n=\""); at != std::string::npos) {
      const size_t id = block.find("osisID=\"", at);
      if (id != std::string::npos) name = block.substr(id + 8, block.find('"', id + 8) - id - 8);
    }
    texts.push_back({std::move(name), strip_osis(block)});
  }
  return texts;
}

}  // namespace

std::string strip_gutenberg(std::string_view text) {
  for (const std::string_view start : {"*** START OF", "***START OF", "*END*THE SMALL PRINT", "*END THE SMALL PRINT"}) {
    if (const size_t at = text.find(start); at != std::string_view::npos && at < text.size() / 2) {
      text.remove_prefix(std::min(text.size(), text.find('\n', at)));
      break;
    }
  }
  for (const std::string_view end :
       {"*** END OF TH", "***END OF TH", "End of the Project Gutenberg", "End of Project Gutenberg"}) {
    if (const size_t at = text.rfind(end); at != std::string_view::npos && at > text.size() / 2) {
      text = text.substr(0, at);
    }
  }
  return std::string(text);
}

std::vector<RawText> read_format(FileFormat format, const fs::path& file) {
  switch (format) {
    case FileFormat::text:
      break;
    case FileFormat::gutenberg:
      return {{"", strip_gutenberg(read_unpacked(file))}};
    case FileFormat::man:
      return {{"", strip_man(read_unpacked(file))}};
    case FileFormat::rdata:
      return read_rdata(file);
    case FileFormat::sword:
      return read_sword(file);
  }
  return {{"", read_unpacked(file)}};
}

}  // namespace lx
