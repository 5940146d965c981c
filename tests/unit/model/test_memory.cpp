// What a memory holds after tokens joined it, and that copies of one do not disturb each other.
#include "attention/memory.h"
#include "catch.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <set>
#include <vector>

using namespace lx;

namespace {

struct Appended {
  Memory memory;
  std::vector<Tensor> keys, values;

  void read(int64_t tokens) {
    keys.push_back(at::randn({2, 3, tokens, 4}));
    values.push_back(at::randn({2, 3, tokens, 5}));
    append(memory, keys.back(), values.back());
  }
  bool holds_all() const {
    return at::equal(memory.key, at::cat(keys, 2)) && at::equal(memory.value, at::cat(values, 2)) &&
           memory.length == memory.key.size(2);
  }
};

}  // namespace

TEST_CASE("a memory holds all that was appended, whatever came at once, and is seldom copied") {
  at::manual_seed(1);
  const at::NoGradGuard off;
  Appended text;
  for (const int64_t tokens : {7, 1, 30, 1, 1, 200}) text.read(tokens);
  CHECK(text.holds_all());
  std::set<const void*> places;
  for (int i = 0; i < 1000; ++i) {
    text.read(1);
    places.insert(text.memory.key.data_ptr());
  }
  CHECK(text.holds_all());
  CHECK(places.size() <= 8);
}

TEST_CASE("copies of a memory, and rows picked from it, go their own ways") {
  at::manual_seed(2);
  const at::NoGradGuard off;
  Appended first;
  for (const int64_t tokens : {5, 1, 1}) first.read(tokens);
  Appended second = first;
  const Tensor before = first.memory.key.clone();
  const Memory picked = select(first.memory, at::tensor({1, 0}, at::kLong));
  Appended third = first;
  for (int i = 0; i < 40; ++i)
    for (Appended* one : {&first, &second, &third}) one->read(1);
  for (const Appended* one : {&first, &second, &third}) CHECK(one->holds_all());
  CHECK(at::equal(picked.key, before.index_select(0, at::tensor({1, 0}, at::kLong))));
}

TEST_CASE("what joins a memory with gradients can be differentiated") {
  Memory memory;
  const Tensor key = at::randn({1, 1, 2, 3}).set_requires_grad(true), value = at::randn({1, 1, 2, 3});
  append(memory, key, value);
  append(memory, key * 2, value);
  memory.key.sum().backward();
  CHECK(at::allclose(key.grad(), at::full_like(key, 3)));
}
