#include "experiment/provenance.h"

#include "base/build_info.h"
#include "base/text.h"

#include <fmt/chrono.h>

#include <array>
#include <ctime>
#include <unistd.h>

namespace lx {

Facts describe_environment(const RunConfig& config, const Task& task, const Machine& machine) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  Facts facts{{"lx", std::string(build_info::version())},
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
              {"memory", format_bytes(machine.memory)},
              {"os", machine.os},
              {"host", host.data()},
              {"device", std::string(config::enum_name(config.runtime.device))},
              {"seed", std::to_string(config.seed)},
              {"corpus_hash", task.content_hash()},
              {"started", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))}};
  return facts;
}

}  // namespace lx
