// All mistakes of a configuration are told at once, each with its place, before anything is built.
#include "base/error.h"
#include "base/files.h"
#include "catch.h"
#include "config/mistakes.h"
#include "experiment/run_config.h"

using namespace lx;

namespace {

std::vector<std::string> mistakes_of(std::vector<std::string> overrides) {
  try {
    make_run_config({.search_path = {fs::absolute("configs")}, .config_name = "run", .overrides = overrides});
  } catch (const config::ManyMistakes& many) {
    return many.all();
  } catch (const Error& one) {
    return {one.what()};
  }
  return {};
}

bool any_of(const std::vector<std::string>& all, const std::string& text) {
  return std::any_of(all.begin(), all.end(),
                     [&](const std::string& one) { return one.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("every missing value is told, in every section") {
  const auto all = mistakes_of({"train.batch=???", "length=???", "model.mixer.heads=???", "data.split.valid=???",
                                "encoding.stack=[{rope: {base: ???}}]"});
  REQUIRE(all.size() == 5);
  CHECK(any_of(all, "override 'train.batch=?\?\?': Missing mandatory value: train.batch"));
  CHECK(any_of(all, "Missing mandatory value: model.mixer.heads"));
  CHECK(any_of(all, "Missing mandatory value: data.split.valid"));
  CHECK(any_of(all, "Missing mandatory value: encoding.stack[0].rope.base"));
}

TEST_CASE("the sections that choose by name are checked with the rest") {
  const auto all = mistakes_of({"train.batch=ten", "+model.widht=3", "+model.mixer.foo=2", "+train.optimizer.zeta=1",
                                "train.schedule.name=cosin", "encoding.stack=[roppe,{rope: {bas: 3}}]",
                                "+eval.variants.bad=[{yarn: {factor: -1}}]", "+data.splitt=1"});
  CHECK(all.size() == 9);
  for (const char* text :
       {"Value 'ten' of type 'str' could not be converted to Integer (full_key: train.batch)",
        "Key 'widht' not in 'model'; did you mean 'width'?", "Key 'foo' not in 'model.mixer'",
        "Key 'zeta' not in 'train.optimizer'", "there is no schedule 'cosin'; did you mean 'cosine'?",
        "there is no modifier 'roppe'; did you mean 'rope'?", "Key 'bas' not in 'encoding.stack[1].rope'",
        "Value '-1' is out of range: it must be at least 0 (full_key: eval.variants.bad[0].yarn.factor)",
        "Key 'splitt' not in 'data'; did you mean 'split'?"}) {
    INFO(text);
    CHECK(any_of(all, text));
  }
}

TEST_CASE("a single mistake is told as before") {
  CHECK(mistakes_of({"train.batch=ten"}) ==
        std::vector<std::string>{"override 'train.batch=ten': Value 'ten' of type 'str' could not be converted to "
                                 "Integer (full_key: train.batch)"});
  CHECK(mistakes_of({}).empty());
}
