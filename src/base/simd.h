// Loops compiled once for each instruction set. A file named x.simd.cpp is built twice: as the rest of the program, and
// for AVX-512 (x86-64-v4); each time inside namespace LX_SIMD it defines one table of functions, and x.h chooses
// between the two tables with `pick`. So one program serves every processor and never meets an unknown instruction.
#pragma once

#include <string>

namespace lx {

enum class Simd { plain, avx512 };

/// What this processor can run and this build holds; LX_SIMD=plain in the environment asks for less.
Simd simd_level();
std::string simd_name();  // for people: "AVX-512", "AVX2", "portable"

/// The table for this processor.
template <class Table>
const Table& pick(const Table& plain, const Table& avx512) {
  return simd_level() == Simd::avx512 ? avx512 : plain;
}

}  // namespace lx
