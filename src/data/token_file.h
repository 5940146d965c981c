// One side of a corpus as tokens on disk, memory-mapped: a header, where each document begins, the documents' names,
// the tokens. Written once, checked when opened, never changed.
//
//   byte 0      "LXTOKENS", u32 format version, u32 length of the JSON, 16 hex digits: hash of the JSON, the JSON
//               (tokenizer, its hash, vocabulary, documents, tokens, bytes of text and of names, content hash), zeros
//   byte 4096   u16 tokens[tokens], zeros to a multiple of 8, u64 bounds[documents + 1] in tokens,
//               u64 name_bounds[documents + 1] in bytes, the names
// All numbers are little-endian. The content hash is of everything from byte 4096 on.
#pragma once

#include "base/files.h"
#include "base/hash.h"
#include "data/tokenizer.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lx {

struct TokenHeader {
  std::string tokenizer, tokenizer_hash, content_hash;
  int64_t vocabulary = 0, documents = 0, tokens = 0, bytes = 0, name_bytes = 0;
};

/// Opening reads the header and the bounds and compares the file's size with them: a truncated, damaged or foreign file
/// throws Error in one sentence. The tokens themselves are only read by verify().
class TokenFile {
 public:
  explicit TokenFile(const fs::path& path);

  const TokenHeader& header() const { return header_; }
  int64_t documents() const { return header_.documents; }
  std::span<const Token> document(int64_t index) const;
  std::string_view name(int64_t index) const;
  /// All documents one after another.
  std::span<const Token> tokens() const { return tokens_; }
  int64_t tokens_of(int64_t index) const;

  /// Reads everything and throws Error when a bit differs from what was written.
  void verify() const;

 private:
  fs::path path_;
  MappedFile map_;
  TokenHeader header_;
  std::span<const uint64_t> bounds_, name_bounds_;
  std::string_view names_;
  std::span<const Token> tokens_;
};

/// Writes a token file document by document without holding it in memory. Nothing stands at `path` before finish().
class TokenFileWriter {
 public:
  TokenFileWriter(const fs::path& path, const Tokenizer& tokenizer);  // the tokenizer must outlive it
  void add(std::string_view name, std::string_view text);
  TokenHeader finish();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void write(const void* data, size_t bytes);
  [[noreturn]] void complain() const;

  fs::path path_;
  const Tokenizer& tokenizer_;
  PendingFile pending_;
  std::unique_ptr<std::FILE, Closer> out_;
  std::vector<uint64_t> bounds_{0}, name_bounds_{0};
  std::string names_;
  Hasher hasher_;
  int64_t bytes_ = 0;
};

}  // namespace lx
