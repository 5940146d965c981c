#include "data/token_file.h"

#include "base/error.h"
#include "config/fields.h"
#include "config/yaml.h"

#include <bit>
#include <cerrno>
#include <cstring>

namespace lx {
namespace {

static_assert(std::endian::native == std::endian::little, "token files are read in place and are little-endian");

constexpr std::string_view kMagic = "LXTOKENS";
constexpr uint32_t kFormatVersion = 1;
constexpr size_t kBodyAt = 4096, kJsonAt = 32;

struct HeaderFields : TokenHeader {
  static constexpr auto fields() {
    using config::field, config::not_negative;
    return std::tuple{field("tokenizer", &HeaderFields::tokenizer, ""),
                      field("tokenizer_hash", &HeaderFields::tokenizer_hash, ""),
                      field("vocabulary", &HeaderFields::vocabulary, "", not_negative()),
                      field("documents", &HeaderFields::documents, "", not_negative()),
                      field("tokens", &HeaderFields::tokens, "", not_negative()),
                      field("bytes", &HeaderFields::bytes, "", not_negative()),
                      field("name_bytes", &HeaderFields::name_bytes, "", not_negative()),
                      field("content_hash", &HeaderFields::content_hash, "")};
  }
};

size_t bounds_offset(const TokenHeader& header) {
  const size_t end = kBodyAt + static_cast<size_t>(header.tokens) * sizeof(Token);
  return (end + 7) / 8 * 8;
}

// False when the bounds do not climb from 0 to `total`.
bool bounds_fit(std::span<const uint64_t> bounds, int64_t total) {
  if (bounds.front() != 0 || bounds.back() != static_cast<uint64_t>(total)) return false;
  for (size_t i = 1; i < bounds.size(); ++i) {
    if (bounds[i] < bounds[i - 1]) return false;
  }
  return true;
}

}  // namespace

TokenFile::TokenFile(const fs::path& path) : path_(path), map_(path) {
  const auto* data = reinterpret_cast<const char*>(map_.bytes().data());
  const size_t size = map_.bytes().size();
  const std::string_view all(data, size);
  require(all.starts_with(kMagic), "{} is not a token file of lx", shown(path));
  require(size >= kBodyAt, "{} is truncated: it has {} bytes, less than its header", shown(path), size);
  uint32_t version = 0, json_bytes = 0;
  std::memcpy(&version, data + 8, 4);
  std::memcpy(&json_bytes, data + 12, 4);
  require(version == kFormatVersion, "{} has format version {}, and this lx reads version {}: prepare it again",
          shown(path), version, kFormatVersion);
  require(json_bytes <= kBodyAt - kJsonAt, "{} is damaged: its header cannot be read", shown(path));
  const std::string json(all.substr(kJsonAt, json_bytes));
  require(hash_hex(json).substr(0, 16) == all.substr(16, 16), "{} is damaged: its header was changed", shown(path));
  header_ = config::read<HeaderFields>(config::parse_json(json, path.string()));

  const size_t bounds_at = bounds_offset(header_), rows = static_cast<size_t>(header_.documents) + 1;
  const size_t names_at = bounds_at + 2 * rows * sizeof(uint64_t);
  const size_t expected = names_at + static_cast<size_t>(header_.name_bytes);
  require(size == expected, "{} is {}: it has {} bytes instead of {}", shown(path),
          size < expected ? "truncated" : "damaged", size, expected);
  tokens_ = {reinterpret_cast<const Token*>(data + kBodyAt), static_cast<size_t>(header_.tokens)};
  bounds_ = {reinterpret_cast<const uint64_t*>(data + bounds_at), rows};
  name_bounds_ = {bounds_.data() + rows, rows};
  names_ = all.substr(names_at);
  require(bounds_fit(bounds_, header_.tokens) && bounds_fit(name_bounds_, header_.name_bytes),
          "{} is damaged: the bounds of its documents are out of order", shown(path));
}

int64_t TokenFile::tokens_of(int64_t index) const {
  const auto i = static_cast<size_t>(index);
  return static_cast<int64_t>(bounds_[i + 1] - bounds_[i]);
}

std::span<const Token> TokenFile::document(int64_t index) const {
  const auto i = static_cast<size_t>(index);
  require(index >= 0 && i + 1 < bounds_.size(), "{} has {} documents, there is no number {}", shown(path_), documents(),
          index);
  return tokens_.subspan(bounds_[i], bounds_[i + 1] - bounds_[i]);
}

std::string_view TokenFile::name(int64_t index) const {
  const auto i = static_cast<size_t>(index);
  return names_.substr(name_bounds_[i], name_bounds_[i + 1] - name_bounds_[i]);
}

void TokenFile::verify() const {
  Hasher hasher;
  hasher.update(map_.bytes().data() + kBodyAt, map_.bytes().size() - kBodyAt);
  require(hasher.hex() == header_.content_hash, "{} is damaged: its content does not have the hash it was written with",
          shown(path_));
}

TokenFileWriter::TokenFileWriter(const fs::path& path, const Tokenizer& tokenizer)
    : path_(path), tokenizer_(tokenizer), pending_(path), out_(std::fopen(pending_.part().c_str(), "wbe")) {
  if (!out_ || std::fseek(out_.get(), kBodyAt, SEEK_SET) != 0) complain();
}

void TokenFileWriter::complain() const {
  throw MachineError(fmt::format("cannot write {}: {}", path_.string(), std::strerror(errno)));
}

void TokenFileWriter::write(const void* data, size_t bytes) {
  if (bytes > 0 && std::fwrite(data, 1, bytes, out_.get()) != bytes) complain();
}

void TokenFileWriter::add(std::string_view name, std::string_view text) {
  const std::vector<Token> tokens = tokenizer_.encode(text);
  write(tokens.data(), tokens.size() * sizeof(Token));
  hasher_.update(tokens.data(), tokens.size() * sizeof(Token));
  bounds_.push_back(bounds_.back() + tokens.size());
  names_ += name;
  name_bounds_.push_back(names_.size());
  bytes_ += static_cast<int64_t>(text.size());
}

TokenHeader TokenFileWriter::finish() {
  HeaderFields header;
  header.tokenizer = tokenizer_.name();
  header.tokenizer_hash = tokenizer_.hash();
  header.vocabulary = tokenizer_.vocabulary();
  header.documents = static_cast<int64_t>(bounds_.size()) - 1;
  header.tokens = static_cast<int64_t>(bounds_.back());
  header.bytes = bytes_;
  header.name_bytes = static_cast<int64_t>(names_.size());
  const auto put = [&](const void* data, size_t bytes) {
    write(data, bytes);
    hasher_.update(data, bytes);
  };
  const uint64_t zeros = 0;
  put(&zeros, bounds_offset(header) - kBodyAt - static_cast<size_t>(header.tokens) * sizeof(Token));
  put(bounds_.data(), bounds_.size() * sizeof(uint64_t));
  put(name_bounds_.data(), name_bounds_.size() * sizeof(uint64_t));
  put(names_.data(), names_.size());
  header.content_hash = hasher_.hex();

  const std::string json = config::to_json(config::dump(header));
  std::string front(kMagic);
  const auto json_bytes = static_cast<uint32_t>(json.size());
  front.append(reinterpret_cast<const char*>(&kFormatVersion), 4);
  front.append(reinterpret_cast<const char*>(&json_bytes), 4);
  front += hash_hex(json).substr(0, 16) + json;
  front.resize(kBodyAt, '\0');
  if (std::fseek(out_.get(), 0, SEEK_SET) != 0) complain();
  write(front.data(), front.size());
  if (std::fflush(out_.get()) != 0) complain();
  out_.reset();
  pending_.commit();
  return header;
}

}  // namespace lx
