#include "experiment/provenance.h"

#include "base/build_info.h"
#include "base/text.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <unistd.h>

namespace lx {
namespace {

/// What Slurm tells a job of itself: which job and task, on which node, with how much of it. Not its tokens.
Facts slurm_variables() {
  Facts facts;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (!text.starts_with("SLURM") || equals == text.npos || text.find("JWT") < equals) continue;
    facts.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  std::sort(facts.begin(), facts.end());
  return facts;
}

}  // namespace

Facts describe_program(const Machine& machine) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return {{"lx", std::string(build_info::version())},
          {"commit", std::string(build_info::commit())},
          {"sources", std::string(build_info::state())},
          {"compiler", std::string(build_info::compiler())},
          {"flags", std::string(build_info::flags())},
          {"libtorch", machine.libtorch},
          {"blas", machine.blas + (machine.blas_kernels.empty() ? "" : " (" + machine.blas_kernels + " kernels)")},
          {"cpu", machine.cpu},
          {"simd", machine.simd},
          {"cores", std::to_string(machine.cores)},
          {"threads", std::to_string(machine.threads)},
          {"precision", std::string(precision_name(precision()))},
          {"memory", format_bytes(machine.memory)},
          {"os", machine.os},
          {"host", host.data()}};
}

Facts describe_environment(const RunConfig& config, const Task& task, const Machine& machine) {
  Facts facts = describe_program(machine);
  facts.emplace_back("device", config::enum_name(config.runtime.device));
  facts.emplace_back("seed", std::to_string(config.seed));
  facts.emplace_back("corpus_hash", task.content_hash());
  facts.emplace_back("started", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))));
  if (std::getenv("SLURM_JOB_ID")) {
    const Facts slurm = slurm_variables();
    facts.insert(facts.end(), slurm.begin(), slurm.end());
  }
  return facts;
}

}  // namespace lx
