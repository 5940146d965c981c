#include "app/config_command.h"

#include "app/compose_command.h"
#include "app/config_flags.h"
#include "app/config_schema.h"
#include "app/listing.h"
#include "base/error.h"

#include <cstdio>

namespace lx {
namespace {

int config_words(const Arguments& arguments) {
  if (!arguments.words.empty() && arguments.words.front() == "keys") {
    if (arguments.words.size() > 2) throw UsageError("lx config keys [PREFIX] takes one prefix");
    list_keys(arguments.words.size() == 2 ? arguments.words[1] : "");
    return 0;
  }
  if (!arguments.words.empty() && arguments.words.front() == "schema") {
    if (arguments.words.size() > 2) throw UsageError("lx config schema [GROUP] takes one group");
    fmt::print("{}\n", config::to_json(config_schema(arguments.words.size() == 2 ? arguments.words[1] : ""), 2));
    return 0;
  }
  if (!arguments.words.empty() && arguments.words.front() == "compose") return compose_words(arguments);
  for (const char* flag : {"multirun", "format", "info"})
    if (arguments.has(flag)) throw UsageError(fmt::format("--{} goes with lx config compose", flag));
  const ResolvedRun run = make_run_config(config_request(arguments));
  if (arguments.has("defaults")) {
    for (const std::string& line : run.defaults) fmt::print("{}\n", line);
  } else {
    fmt::print("{}", config::to_yaml(arguments.has("no-resolve") ? run.composed : run.resolved));
  }
  return 0;
}

}  // namespace

Command config_command() {
  return {
      "config",
      "lx config [KEY=VALUE ...] | keys | schema | compose",
      "print a configuration, every legal key, or a JSON Schema for editors",
      "compose: any folder of YAML files, composed as Hydra does, whatever its keys mean.\n\n"
      "  lx config encoding=hwfa length=64\n  lx config keys train.checkpoint\n  lx config schema > lx.schema.json\n"
      "  lx config compose -cp conf -cn config -m seed=0,1 --format json",
      with_config_flags({{"no-resolve", "", "", "leave ${...} as written"},
                         {"defaults", "", "", "print the files merged, in order"},
                         {"multirun", "m", "", "compose: every job of a sweep, as a list"},
                         {"format", "", "yaml|json", "compose: how to print (yaml)"},
                         {"info", "i", "WHAT", "compose: defaults or defaults-tree, as Hydra prints them"}}),
      config_words};
}

}  // namespace lx
