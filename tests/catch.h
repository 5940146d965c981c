// The one include of Catch2, which moved its headers between version 2 (Debian 12) and 3 (Debian 13).
#pragma once
// LibTorch's logging (glog) has a CHECK of its own that ends the program. It goes first, so that Catch's is the last.
#if __has_include(<c10/util/Logging.h>)
#include <c10/util/Logging.h>
#undef CHECK
#endif
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
namespace Catch {
inline auto Contains(const std::string& text) { return Matchers::ContainsSubstring(text); }  // its name in version 2
}  // namespace Catch
#else
#include <catch2/catch.hpp>
#endif
