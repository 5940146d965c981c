#include "task/task.h"

#include "base/error.h"

namespace lx {

std::vector<int64_t> Task::encode(std::string_view) const {
  fail("the tokens of this task are not text: nothing can be read into them");
}

std::string Task::decode(std::span<const int64_t>) const {
  fail("the tokens of this task are not text: they cannot be written out");
}

}  // namespace lx
