// Which of the three sides of a corpus a document stands on, decided once and for good by a hash of its name.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lx {

enum class Split { train, valid, test };

constexpr std::array<Split, 3> kSplits{Split::train, Split::valid, Split::test};
constexpr std::string_view split_name(Split split) {
  return split == Split::train ? "train" : split == Split::valid ? "valid" : "test";
}

/// The side of the document or family called `key`. It depends on nothing but the key and the two fractions, so adding
/// or removing documents never moves another. `test` takes the lowest hashes and `valid` the next.
Split split_of(std::string_view key, double valid_fraction, double test_fraction);

}  // namespace lx
