// What a YAML file says of itself in the comments at its top.
#include "catch.h"
#include "config/file_header.h"

#include <unistd.h>

using namespace lx;

TEST_CASE("a file's first comment is its summary, and a line may say where it is from") {
  const fs::path file = fs::temp_directory_path() / ("lx-header-" + std::to_string(::getpid()) + ".yaml");
  const auto read = [&](const char* text) {
    write_file(file, text);
    return config::read_header(file);
  };
  const auto full =
      read("# @package _global_\n# Keys of unit length.\n# Source: Su 2023, kexue.fm 9859\n# More.\na: 1\n");
  CHECK(full.summary == "Keys of unit length.");
  CHECK(full.source == "Su 2023, kexue.fm 9859");
  CHECK(read("# One sentence\n# over two lines.\n# Another.\n").summary == "One sentence over two lines.");
  CHECK(read("# No full stop\n# Source: me\n# More.\n").summary == "No full stop");
  CHECK(read("a: 1\n# Not at the top.\n").summary.empty());
  CHECK(read("# One line.\n").source.empty());
  CHECK(read("").summary.empty());
  fs::remove(file);
}
