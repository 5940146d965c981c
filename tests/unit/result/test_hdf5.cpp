// The wrapper over HDF5: types, shapes, attributes, order, and errors that name the object.
#include "catch.h"
#include "result/hdf5.h"
#include "temporary.h"

#include <array>
#include <numeric>

namespace lx {
namespace {

hdf5::File reopened(const TemporaryFolder& folder, hdf5::File file) {
  write_file(folder.path / "x.h5", file.image());
  return hdf5::File::open(folder.path / "x.h5");
}

}  // namespace

TEST_CASE("datasets of every element type and attributes of every kind come back") {
  const TemporaryFolder folder;
  hdf5::File file = hdf5::File::in_memory("x.h5");
  hdf5::Group group = file.make("group");
  group.write("double", std::vector<double>{1.5, -2});
  group.write("int64", std::vector<int64_t>{1LL << 40});
  group.write("int32", std::vector<int32_t>{-7});
  group.write("uint8", std::vector<uint8_t>{255, 0});
  std::vector<float> big(3 * 7 * 5000);
  std::iota(big.begin(), big.end(), 0.0f);
  group.write<float>("big", big, {3, 7, 5000});
  group.write_strings("words", std::vector<std::string>{"a", "", "größer"}, {3});
  group.write_strings("none", {}, {0});
  group.write("empty", std::vector<double>{});
  group.set("text", "é");
  group.set("integer", int64_t{-3});
  group.set("real", 0.25);
  group.set("list", std::span<const std::string>(std::array<std::string, 2>{"x", "y"}));

  const hdf5::File back = reopened(folder, std::move(file));
  const hdf5::Group read = back.group("group");
  CHECK(read.dataset("double").read<double>() == std::vector<double>{1.5, -2});
  CHECK(read.dataset("int64").read<int64_t>() == std::vector<int64_t>{1LL << 40});
  CHECK(read.dataset("int32").read<int64_t>() == std::vector<int64_t>{-7});
  CHECK(read.dataset("uint8").read<uint8_t>() == std::vector<uint8_t>{255, 0});
  CHECK(read.dataset("big").read<float>() == big);
  CHECK(read.dataset("big").shape() == hdf5::Shape{3, 7, 5000});
  CHECK(read.dataset("words").read_strings() == std::vector<std::string>{"a", "", "größer"});
  CHECK(read.dataset("none").read_strings().empty());
  CHECK(read.dataset("empty").read<double>().empty());
  CHECK(read.text("text") == "é");
  CHECK(read.integer("integer") == -3);
  CHECK(read.real("real") == 0.25);
  CHECK(read.texts("list") == std::vector<std::string>{"x", "y"});
  CHECK(fs::file_size(folder.path / "x.h5") < big.size() * sizeof(float));
  CHECK(read.names() == std::vector<std::string>{"double", "int64", "int32", "uint8", "big", "words", "none", "empty"});
  CHECK(read.attribute_names() == std::vector<std::string>{"text", "integer", "real", "list"});
}

TEST_CASE("a mistake with an object names the file and the object") {
  const TemporaryFolder folder;
  hdf5::File file = hdf5::File::in_memory("x.h5");
  file.make("group").write("numbers", std::vector<double>{1, 2});
  CHECK(message_of([&] { file.write<double>("bad", std::vector<double>{1}, {2}); }) ==
        "x.h5:/bad: 1 values do not fill a shape of 2");
  CHECK(message_of([&] { file.make("group").write("numbers", std::vector<double>{1}); }).find("x.h5:/group/numbers") !=
        std::string::npos);
  const hdf5::File back = reopened(folder, std::move(file));
  CHECK(message_of([&] { back.group("gruppe"); }).find("has no group 'gruppe'") != std::string::npos);
  CHECK(message_of([&] { back.group("group").dataset("x"); }).find("x.h5:/group has no dataset 'x'") !=
        std::string::npos);
  CHECK(message_of([&] { back.group("group").dataset("numbers").read_strings(); }).find("should hold text") !=
        std::string::npos);
  CHECK(message_of([&] { back.integer("missing"); }).find("has no attribute 'missing'") != std::string::npos);
}

}  // namespace lx
