#include "base/error.h"
#include "catch.h"
#include "tensor/named_tensors.h"
#include "tensor/safetensors.h"

#include <ATen/ATen.h>

#include <cstring>
#include <unistd.h>

using namespace lx;

namespace {

fs::path scratch(const std::string& name) {
  const fs::path folder = fs::temp_directory_path() / ("lx-test-safetensors-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  return folder / name;
}

/// A file with this header (padded with spaces to 8) and these data.
std::string file_of(std::string header, const std::string& data) {
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const uint64_t size = header.size();
  std::string content(reinterpret_cast<const char*>(&size), 8);
  return content + header + data;
}

std::string complaint(const std::string& content) {
  const fs::path path = scratch("bad.safetensors");
  write_file(path, content);
  try {
    SafetensorsFile file(path);
    for (const std::string& name : file.names()) file.tensor(name);
    return "";
  } catch (const Error& error) {
    CHECK_THAT(error.what(), Catch::Contains("bad.safetensors"));
    return error.what();
  }
}

NamedTensors every_dtype() {
  const Tensor base = at::arange(6).reshape({2, 3}) - 2;
  NamedTensors all;
  for (const at::ScalarType dtype : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                                     at::kChar, at::kByte, at::kBool})
    all.emplace_back(std::string("t.") + c10::toString(dtype), base.to(dtype));
  all.emplace_back("scalar", at::full({}, 2.5));
  all.emplace_back("empty", at::empty({0, 4}));
  all.emplace_back("turned", at::arange(6).to(at::kFloat).reshape({2, 3}).t());
  return all;
}

}  // namespace

TEST_CASE("what is written to safetensors is read back with the same bits") {
  const fs::path path = scratch("all.safetensors");
  const NamedTensors all = every_dtype();
  const WrittenFile written = write_safetensors(path, all, {{"format", "pt"}, {"note", "a \"quoted\" one"}});
  CHECK(written.bytes == fs::file_size(path));
  const SafetensorsFile file(path);
  CHECK(file.names().size() == all.size());
  CHECK(file.metadata().at("note") == "a \"quoted\" one");
  for (const auto& [name, tensor] : all) {
    const Tensor read = file.tensor(name);
    CAPTURE(name);
    CHECK(read.sizes() == tensor.sizes());
    REQUIRE(read.scalar_type() == tensor.scalar_type());
    CHECK(at::equal(read, tensor));
  }
  CHECK_THROWS_WITH(file.tensor("nothing"), Catch::Contains("has no tensor 'nothing'"));
}

TEST_CASE("the bytes of a safetensors file are those of the reference implementation's layout") {
  const fs::path path = scratch("golden.safetensors");
  write_safetensors(path, {{"b", at::tensor({1, 2}, at::kInt)}, {"a", at::tensor({1.0f, -2.0f})}});
  const std::string header =
      R"({"a":{"data_offsets":[0,8],"dtype":"F32","shape":[2]},"b":{"data_offsets":[8,16],"dtype":"I32","shape":[2]}})";
  const std::string data("\x00\x00\x80\x3f\x00\x00\x00\xc0\x01\x00\x00\x00\x02\x00\x00\x00", 16);
  CHECK(read_file(path) == file_of(header, data));
}

TEST_CASE("a file written by another program is read") {
  const fs::path path = scratch("foreign.safetensors");
  // Keys in another order, no padding, data not in the order of names, bfloat16 at an odd place.
  const std::string header = R"({"__metadata__":{"format":"pt"},"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("v":{"shape":[2],"data_offsets":[1,5],"dtype":"BF16"}})";
  const uint64_t size = header.size();
  write_file(path,
             std::string(reinterpret_cast<const char*>(&size), 8) + header + std::string("\x07\x80\x3f\x00\xc0", 5));
  const SafetensorsFile file(path);
  CHECK(file.tensor("w").item<int>() == 7);
  CHECK(at::equal(file.tensor("v").to(at::kFloat), at::tensor({1.0f, -2.0f})));
}

TEST_CASE("each way of being malformed is one sentence") {
  const std::string four(4, '\0');
  const auto with = [&](const std::string& header) { return complaint(file_of(header, four)); };
  CHECK_THAT(complaint("short"), Catch::Contains("it has only 5 bytes"));
  CHECK_THAT(complaint(std::string(8, '\xff')), Catch::Contains("its header claims"));
  CHECK_THAT(complaint(std::string("\x10\0\0\0\0\0\0\0{}", 10)), Catch::Contains("its header claims 16 bytes of 2"));
  CHECK_THAT(with("[]"), Catch::Contains("does not begin with '{'"));
  CHECK_THAT(with("{"), Catch::Contains("is not JSON"));
  CHECK_THAT(with("{}"), Catch::Contains("4 bytes at its end belong to no tensor"));
  CHECK_THAT(with(R"({"a":1})"), Catch::Contains("tensor 'a' must have"));
  CHECK_THAT(with(R"({"a":{"dtype":"F32","shape":[1],"offsets":[0,4]}})"), Catch::Contains("has no data_offsets"));
  CHECK_THAT(with(R"({"a":{"dtype":"C64","shape":[1],"data_offsets":[0,4]}})"), Catch::Contains("the dtype \"C64\""));
  CHECK_THAT(with(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})"), Catch::Contains("list of sizes"));
  CHECK_THAT(with(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})"), Catch::Contains("list of sizes"));
  CHECK_THAT(with(R"({"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,4]}})"),
             Catch::Contains("impossible shape"));
  CHECK_THAT(with(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})"),
             Catch::Contains("needs 8 bytes and has 4"));
  CHECK_THAT(with(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})"), Catch::Contains("bytes 4 to 8 of 4"));
  CHECK_THAT(with(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})"), Catch::Contains("bytes 4 to 0"));
  CHECK_THAT(with(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})"), Catch::Contains("not two positions"));
  CHECK_THAT(
      with(
          R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}})"),
      Catch::Contains("before tensor 'b' data overlap or are missing"));
  CHECK_THAT(
      with(
          R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})"),
      Catch::Contains("before tensor 'b' data overlap"));
  CHECK_THAT(
      with(
          R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})"),
      Catch::Contains("the key 'a' twice"));
  CHECK_THAT(with(R"({"__metadata__":{"a":1},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})"),
             Catch::Contains("metadata 'a' is not a string"));
  CHECK_THAT(complaint(file_of(R"({"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})", "\x02")),
             Catch::Contains("neither 0 nor 1"));
}

TEST_CASE("a truncated safetensors file is refused wherever it ends") {
  const fs::path path = scratch("whole.safetensors");
  write_safetensors(path, every_dtype());
  const std::string whole = read_file(path);
  for (size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    REQUIRE_FALSE(complaint(whole.substr(0, size)).empty());
  }
  CHECK_FALSE(complaint(whole + "x").empty());
}

TEST_CASE("no changed byte of a safetensors file does worse than an error") {
  const fs::path path = scratch("whole.safetensors");
  write_safetensors(path, {{"a", at::ones({2})}, {"b", at::ones({3}).to(at::kBool)}}, {{"k", "v"}});
  const std::string whole = read_file(path);
  size_t refused = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const unsigned char change : {0x01, 0x80, 0x10, 0xff}) {
      std::string changed = whole;
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ change);
      refused += !complaint(changed).empty();
    }
  }
  CHECK(refused > whole.size());
}

TEST_CASE("loading names the first difference and touches nothing") {
  const Tensor x = at::zeros({4, 16}), y = at::zeros({2});
  const auto refusal = [&](const NamedTensors& from) {
    try {
      copy_strictly(from, {{"x", x}, {"y", y}}, "checkpoint", "model");
      return std::string();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  CHECK(refusal({{"y", at::ones({2})}, {"x", at::ones({4, 8})}}) ==
        "checkpoint has 'x' [4,8] f32, the model wants [4,16] f32");
  CHECK(refusal({{"y", at::ones({2}, at::kDouble)}, {"x", at::ones({4, 16})}}) ==
        "checkpoint has 'y' [2] f64, the model wants [2] f32");
  CHECK_THAT(refusal({{"y", at::ones({2})}}), Catch::Contains("checkpoint lacks 'x'"));
  CHECK_THAT(refusal({{"z", at::ones({2})}, {"x", at::ones({4, 16})}}),
             Catch::Contains("checkpoint lacks 'y' and has 'z', unknown to the model"));
  CHECK(x.sum().item<float>() == 0);
  CHECK(y.sum().item<float>() == 0);
  CHECK(refusal({{"y", at::ones({2})}, {"x", at::ones({4, 16})}}).empty());
  CHECK(x.sum().item<float>() == 64);
}
