// Array indices, batch scripts, and the settings a script cannot be made of.
#include "base/error.h"
#include "catch.h"
#include "config/yaml.h"
#include "sweep/slurm_script.h"

#include <numeric>

using namespace lx;

namespace {

struct SlurmSample {
  static SlurmConfig config(const std::string& yaml) {
    const auto config = config::read<SlurmConfig>(config::parse_yaml(yaml, "launcher.yaml"), "launcher");
    check_slurm_config(config);
    return config;
  }
  static std::string script(const std::string& yaml) {
    return slurm_script(config(yaml), {{0, 1, 2}, 0}, "/data/a b's/sweeps/abc", "/data/a b's/lx");
  }
  static std::string refusal(const std::string& yaml) {
    try {
      (void)config(yaml);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
};

}  // namespace

TEST_CASE("array indices are written as short as Slurm reads them") {
  CHECK(array_text({0}) == "0");
  CHECK(array_text({0, 1}) == "0,1");
  CHECK(array_text({0, 3, 5, 6, 7, 9}) == "0,3,5-7,9");
  std::vector<int64_t> all(1000);
  std::iota(all.begin(), all.end(), 0);
  CHECK(array_text(all) == "0-999");
}

TEST_CASE("a sweep that is longer than arrays may be becomes several, and every cell is in one") {
  const auto batches = slurm_batches({25, 3, 9, 10, 11, 4}, 10);
  REQUIRE(batches.size() == 3);
  CHECK(batches[0].cells == std::vector<int64_t>{3, 4, 9});
  CHECK(batches[0].indices() == batches[0].cells);
  CHECK(batches[1].indices() == std::vector<int64_t>{0, 1});
  CHECK(batches[2].offset == 20);
  CHECK(batches[2].indices() == std::vector<int64_t>{5});
  CHECK(slurm_job_name("/x/sweeps/abc", 0) == "lx-abc");
  CHECK(slurm_job_name("/x/sweeps/abc", 20) == "lx-abc.20");
  CHECK(slurm_script({}, batches[2], "/x", "/lx").find("cell=$((SLURM_ARRAY_TASK_ID + 20))") != std::string::npos);
}

TEST_CASE("a batch script holds what was set, and nothing of what was not") {
  using Catch::Contains;
  const std::string plain = SlurmSample::script("{}");
  CHECK_THAT(plain, Contains("#SBATCH --array=0-2%256\n") && Contains("#SBATCH --signal=B:USR1@120\n"));
  CHECK_THAT(plain, Contains("#SBATCH --output=\"/data/a b's/sweeps/abc/logs/%A_%a.log\"\n"));
  CHECK_THAT(plain, Contains("scontrol requeue \"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID\" ||"));
  CHECK_THAT(plain, Contains("sweep='/data/a b'\\''s/sweeps/abc'\n") && Contains("set -euo pipefail\n"));
  for (const char* absent : {"--mem", "--partition", "--gres", "srun", "set +u", "=null"})
    CHECK_THAT(plain, !Contains(absent));

  const std::string rich = SlurmSample::script(
      "{partition: gpu, mem_gb: 1.5, gres: 'gpu:1', gpus_per_node: 2, array_parallelism: 4, max_num_timeout: 0,\n"
      " setup: [module load x], use_srun: true, srun_args: ['--label', \"it's\"],\n"
      " additional_parameters: {mail-type: FAIL, exclusive: true, comment: two words}}");
  CHECK_THAT(rich, Contains("--mem=1536M\n") && Contains("--gpus-per-node=2\n") && Contains("%4\n"));
  CHECK_THAT(rich,
             Contains("--mail-type=FAIL\n") && Contains("--exclusive\n") && Contains("--comment=\"two words\"\n"));
  CHECK_THAT(rich, Contains("set +u\nmodule load x\nset -u\n") &&
                       Contains("srun --ntasks=1 --cpus-per-task=1 '--label' 'it'\\''s' "));
  CHECK_THAT(rich, !Contains("scontrol"));
}

TEST_CASE("sbatch takes a percent sign in the name of a folder for a pattern: it is doubled") {
  CHECK_THAT(slurm_script({}, {{0}, 0}, "/a%j", "/lx"), Catch::Contains("--output=/a%%j/logs/%A_%a.log\n"));
  CHECK_THROWS_WITH(slurm_script({}, {{0}, 0}, "/a\"b", "/lx"), Catch::Contains("choose another `output`"));
}

TEST_CASE("what a batch script cannot be made of is refused by name") {
  using Catch::Contains;
  CHECK_THAT(SlurmSample::refusal("{timeout_min: 2}"), Contains("launcher.signal_delay_s=120 leaves no time"));
  CHECK_THAT(SlurmSample::refusal("{nodes: 2}"), Contains("launcher.nodes"));
  CHECK_THAT(SlurmSample::refusal("{srun_args: [-l]}"), Contains("launcher.use_srun=true"));
  CHECK_THAT(SlurmSample::refusal("{partition: ''}"), Contains("launcher.partition is empty"));
  CHECK_THAT(SlurmSample::refusal("{partition: \"a\\nb\"}"), Contains("cannot stand in a batch script"));
  CHECK_THAT(SlurmSample::refusal("{additional_parameters: {array: 1}}"), Contains("lx sets --array itself"));
  CHECK_THAT(SlurmSample::refusal("{additional_parameters: {time: 1}}"), Contains("that is launcher.timeout_min"));
  CHECK_THAT(SlurmSample::refusal("{additional_parameters: {no_requeue: true}}"),
             Contains("lx sets --no-requeue itself"));
  CHECK_THAT(SlurmSample::refusal("{additional_parameters: {exclusive: false}}"), Contains("or true for an option"));
  CHECK_THAT(SlurmSample::refusal("{additional_parameters: {'a b': 1}}"), Contains("sbatch has no such option"));
  CHECK_THAT(SlurmSample::refusal("{additional_parameters: []}"), Contains("must be a dict"));
}
