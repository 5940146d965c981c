// One JSON object a line.
#include "result/jsonl.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <unistd.h>

namespace lx {
namespace {

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string json_value(const JsonLines::Value& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&value)) return std::isfinite(*real) ? format_double(*real) : "null";
  return json_quoted(std::get<std::string>(value));
}

}  // namespace

JsonLines::JsonLines(const fs::path& path) : path_(path), file_(nullptr, &std::fclose) {
  if (path_.has_parent_path()) make_folders(path_.parent_path());
  file_.reset(std::fopen(path_.c_str(), "abe"));
  require_machine(file_ != nullptr, "cannot write {}: {}", path_.string(), std::strerror(errno));
  std::fseek(file_.get(), 0, SEEK_END);
  offset_ = std::ftell(file_.get());
}

void JsonLines::write(std::span<const Entry> entries) {
  std::string line = "{";
  for (const auto& [name, value] : entries) {
    if (line.size() > 1) line += ", ";
    line += json_quoted(name) + ": " + json_value(value);
  }
  line += "}\n";
  const bool written =
      std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size() && std::fflush(file_.get()) == 0;
  require_machine(written, "cannot write {}: {}", path_.string(), std::strerror(errno));
  offset_ += static_cast<int64_t>(line.size());
}

void JsonLines::truncate_to(int64_t offset) {
  if (offset_ < offset) {
    log::warning("{} is shorter ({} bytes) than when the checkpoint was written ({} bytes); it goes on from there",
                 shown(path_), offset_, offset);
    return;
  }
  require_machine(::ftruncate(::fileno(file_.get()), offset) == 0, "cannot cut {} back to {} bytes: {}", path_.string(),
                  offset, std::strerror(errno));
  offset_ = offset;
}

}  // namespace lx
