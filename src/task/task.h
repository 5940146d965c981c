// A task makes examples of any length and says how they are judged. Tasks never know the model.
#pragma once

#include "base/random.h"
#include "data/split.h"
#include "tensor/batch.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lx {

/// Windows of one kind of text that every variant is scored on. Row w is a stretch of `length + 1` tokens; the targets
/// are the tokens after the first.
struct Text {
  std::string name;               // "natural" or "repeated"
  Tensor tokens;                  // [W, length + 1] int64
  std::vector<int64_t> document;  // [W] index into document_names: windows of one document are one cluster
  std::vector<std::string> document_names;
  int64_t period = 0;                 // repeated: the first `period` tokens, tiled; 0: not tiled
  int64_t documents_long_enough = 0;  // how many documents of the split could have been used
};

struct TextRequest {
  std::string kind = "natural";  // natural | repeated
  Split split = Split::test;
  int64_t length = 0;     // M: tokens scored in each window
  int64_t windows = 0;    // at most this many, spread over as many documents as possible
  int64_t period = 0;     // repeated only
  bool openings = false;  // windows begin where their documents do, one a document
};

class Task {
 public:
  virtual ~Task() = default;
  virtual int64_t vocabulary() const = 0;
  /// Bytes of original text per token on the test split (1 for bytes): turns nats per token into bits per byte.
  virtual double bytes_per_token() const = 0;
  /// `count` windows of `length` tokens drawn at random: the same stream gives the same batch.
  virtual Batch sample(Split split, int64_t length, int64_t count, Random random) const = 0;
  /// Throws Error, saying how long the longest document is, when no document is long enough.
  virtual Text text(const TextRequest& request) const = 0;
  /// One string that changes whenever the data change (goes into results and run ids).
  virtual std::string content_hash() const = 0;
  /// Text as tokens and back. Throws Error where tokens do not stand for text.
  virtual std::vector<int64_t> encode(std::string_view text) const;
  virtual std::string decode(std::span<const int64_t> tokens) const;
};

}  // namespace lx
