// Which precision comes of runtime.precision, on which processor.
#include "base/error.h"
#include "catch.h"
#include "experiment/runtime.h"

using namespace lx;

TEST_CASE("auto is bf16 where the processor has it, and what is asked for in vain is said") {
  const auto resolved = [](PrecisionChoice choice, bool native, Device device = Device::cpu) {
    std::string remark;
    RuntimeConfig runtime;
    runtime.device = device;
    runtime.precision = choice;
    const Precision precision = resolve_precision(runtime, native, remark);
    return std::pair(precision, remark);
  };
  using Answer = std::pair<Precision, std::string>;
  CHECK(resolved(PrecisionChoice::automatic, true) == Answer(Precision::bf16, ""));
  CHECK(resolved(PrecisionChoice::automatic, false) == Answer(Precision::fp32, ""));
  CHECK(resolved(PrecisionChoice::fp32, true) == Answer(Precision::fp32, ""));
  CHECK(resolved(PrecisionChoice::bf16, true) == Answer(Precision::bf16, ""));
  const auto [precision, remark] = resolved(PrecisionChoice::bf16, false);
  CHECK(precision == Precision::fp32);
  CHECK_THAT(remark, Catch::Contains("so this runs in fp32"));
  CHECK(resolved(PrecisionChoice::automatic, true, Device::cuda) == Answer(Precision::fp32, ""));
  CHECK_THROWS_AS(resolved(PrecisionChoice::bf16, true, Device::cuda), Error);
}
