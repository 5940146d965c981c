// Laws of file patterns.
#include "base/error.h"
#include "catch.h"
#include "data/glob.h"
#include "scratch.h"

namespace lx {

TEST_CASE("a star stays in its folder and two cross folders") {
  CHECK(glob_match("*.txt", "a.txt"));
  CHECK_FALSE(glob_match("*.txt", "b/a.txt"));
  CHECK(glob_match("**/*.txt", "a.txt"));
  CHECK(glob_match("**/*.txt", "b/c/a.txt"));
  CHECK(glob_match("b/**", "b/c/a.txt"));
  CHECK_FALSE(glob_match("b/**", "bc/a.txt"));
  CHECK(glob_match("b/**/a.?xt", "b/a.txt"));
  CHECK(glob_match("{x,b}/{c,d{e,f}}/*", "b/df/a"));
  CHECK(glob_match("Ps.[1-9]7", "Ps.27"));
  CHECK_FALSE(glob_match("Ps.[!1-9]7", "Ps.27"));
  CHECK_FALSE(glob_match("a?c", "a/c"));
  CHECK_THROWS_AS(glob_match("a{b", "ab"), Error);
}

TEST_CASE("files are found sorted, without hidden and excluded ones") {
  const Scratch scratch;
  for (const char* name : {"in/b.txt", "in/a/c.txt", "in/.git/d.txt", "in/old/e.txt", "in/f.c"}) {
    put_file(scratch / name, "x");
  }
  const std::vector<std::string> patterns{"**/*.txt"}, exclude{"old/**"};
  CHECK(find_files(scratch / "in", patterns, exclude) == std::vector<std::string>{"a/c.txt", "b.txt"});
  CHECK(find_folders(scratch / "in", "o*").size() == 1);
  CHECK_THROWS_AS(find_files(scratch / "nowhere", patterns, exclude), Error);
}

}  // namespace lx
