// What this program was built from, for the record of each run: taken when it was compiled, so that it tells of the
// code that runs, whatever has happened to the working tree since.
#pragma once

#include <string_view>

namespace lx::build_info {

std::string_view version();   // "0.1.0"
std::string_view commit();    // 40 hexadecimal digits; "unknown" when built from files without .git
std::string_view state();     // "clean"; "modified": the sources differed from the commit; "unknown": not known
std::string_view compiler();  // "GNU 12.2.0"
std::string_view flags();     // "Release -O3 -DNDEBUG -march=x86-64-v3"

}  // namespace lx::build_info
