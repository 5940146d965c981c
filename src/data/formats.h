// What the bytes of a file mean: one function per format, each from the (unpacked) bytes to raw, uncleaned texts.
#pragma once

#include "data/manifest.h"

#include <string>
#include <string_view>
#include <vector>

namespace lx {

struct RawText {
  std::string name;  // within the file; empty when the file is one document
  std::string bytes;
};

/// text       the file as it is
/// gutenberg  a Project Gutenberg book without the header and licence around it
/// man        a manual page's roff source without its markup
/// rdata      R's lazy-load data (.rdb): each vector of strings is a document, its strings are the lines
/// sword      a compressed SWORD module (.czz or .bzz with its index .czs or .bzs beside it): each block is a document
///            (a chapter or a book), OSIS markup removed
/// Throws Error naming the file when it is not of that format.
std::vector<RawText> read_format(FileFormat format, const fs::path& file);

std::string strip_gutenberg(std::string_view text);
std::string strip_man(std::string_view text);

}  // namespace lx
