#include "app/commands.h"

#include "app/bench_command.h"
#include "app/collect_command.h"
#include "app/compare_command.h"
#include "app/completion_command.h"
#include "app/config_command.h"
#include "app/config_flags.h"
#include "app/generate_command.h"
#include "app/listing.h"
#include "app/run_command.h"
#include "app/show.h"
#include "app/sweep_command.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "data/commands.h"
#include "experiment/run.h"
#include "experiment/selfcheck.h"
#include "task/text.h"

#include <charconv>
#include <cstdio>

namespace lx {
namespace {

int eval_command(const Arguments& arguments) {
  if (arguments.words.empty())
    throw UsageError("say which run: lx eval RUN [eval.KEY=VALUE ...]; RUN is a folder, an id, or `last`");
  const RunFolder folder = find_run(arguments.words.front());
  const RunOutcome outcome = evaluate_run(folder, {arguments.words.begin() + 1, arguments.words.end()});
  return outcome.interrupted_by == 0 ? 0 : 128 + outcome.interrupted_by;
}

int show_command(const Arguments& arguments) { return show(arguments, config_request); }

int list_command(const Arguments& arguments) {
  if (arguments.words.size() > 2) throw UsageError("lx list takes one kind and one name");
  ListRequest request;
  if (!arguments.words.empty()) request.kind = arguments.words[0];
  if (arguments.words.size() > 1) request.name = arguments.words[1];
  const std::string format = arguments.get("format").value_or("text");
  if (format != "text" && format != "json") throw UsageError(fmt::format("--format is text or json, got '{}'", format));
  if (format == "json") request.format = ListFormat::json;
  if (arguments.has("markdown")) request.format = ListFormat::markdown;
  list_registered(request);
  return 0;
}

int selfcheck_command(const Arguments& arguments) {
  SelfCheckRequest request{config_request(arguments), {}};
  if (const auto text = arguments.get("tokens")) {
    int64_t tokens = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), tokens);
    if (error != std::errc() || end != text->data() + text->size() || tokens < 2) {
      throw UsageError(fmt::format("--tokens wants a number above 1, got '{}'", *text));
    }
    request.tokens = tokens;
  }
  return selfcheck(request) ? 0 : 1;
}

/// A corpus is named as `NAME` or `data=NAME`; further overrides may change its section (data.path=...).
CorpusConfig corpus_of(const Arguments& arguments) {
  ConfigRequest request = config_request(arguments);
  request.overrides.erase(request.overrides.begin());
  bool named = false;
  for (std::string& word : request.overrides) {
    if (word.find('=') == std::string::npos) {
      if (named) throw UsageError(fmt::format("one corpus at a time: '{}' is one too many", word));
      word = "data=" + word;
    }
    named = named || word.starts_with("data=");
  }
  const config::Node data = make_run_config(request).config.data;
  return config::read<TextConfig>(data, "data");
}

int data_command(const Arguments& arguments) {
  const std::string verb = arguments.words.empty() ? "" : arguments.words.front();
  if (verb == "list") {
    list_corpora();
  } else if (verb == "prepare") {
    prepare_corpus(corpus_of(arguments));
  } else if (verb == "show") {
    int64_t bytes = 1000;
    if (const auto text = arguments.get("bytes")) {
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), bytes);
      if (error != std::errc() || end != text->data() + text->size() || bytes < 0) {
        throw UsageError(fmt::format("--bytes wants a number, got '{}'", *text));
      }
    }
    show_corpus(corpus_of(arguments), arguments.get("document").value_or(""), bytes);
  } else {
    const std::vector<std::string> verbs{"list", "prepare", "show"};
    throw UsageError(verb.empty()
                         ? "say what: lx data list | prepare NAME | show NAME"
                         : fmt::format("lx data cannot '{}'{} (list, prepare, show)", verb, did_you_mean(verb, verbs)));
  }
  return 0;
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> all{
      run_command(),
      sweep_command(),
      cell_command(),
      collect_command(),
      compare_command(),
      {"eval",
       "lx eval RUN [eval.KEY=VALUE ...]",
       "score a run again, without training",
       "RUN is the folder of a run, the first digits of its id, or `last`.\n\n"
       "  lx eval last '+eval.variants.leaky=[{rerope: {window: 64, interval: 0.1}}]'\n  lx eval 3f2a eval.windows=128",
       {},
       eval_command,
       true},
      generate_command(),
      {"show", "lx show [RUN] | KEY=VALUE ... | FILE.yaml",
       "print a run; or what an encoding does or a model costs, before any training",
       "RUN as for lx eval; without it, the last one. With settings it looks into the configuration they give:\n"
       "frequencies, positions, masks, biases, gains, and what the test length asks that training never showed. Where\n"
       "only models are named, it shows what they cost: parameters, operations, memory.\n\n"
       "  lx show encoding=hwfa\n  lx show encoding=rope --variant rerope --plot rope.svg\n"
       "  lx show encoding=hwfa2 --layer 2 --queries 9,100 --format json\n"
       "  lx show model=decoder,unilm,encoder_decoder\n  lx show --cost model=decoder encoding=rope,hwfa",
       with_config_flags(show_flags()), show_command, true},
      {"list",
       "lx list [KIND [NAME]]",
       "what there is: methods, modifiers, models, corpora and more",
       "Kinds: encoding, modifier, model, mixer, task, data, train, optimizer, schedule, eval, variant, runtime; "
       "without "
       "one:\nall. `methods` is a table: where each encoding and modifier acts, and what computes it.\n\n"
       "  lx list encodings\n  lx list modifier rope\n  lx list methods --markdown\n  lx list --format json",
       {{"format", "", "text|json", "json: everything, for tools"},
        {"markdown", "", "", "methods: as a page (scripts/methods_table puts it into the README)"}},
       list_command},
      {"selfcheck", "lx selfcheck [encoding=NAME ...] [KEY=VALUE ...]",
       "hold what this machine computes against the definitions",
       "Runs attention in one pass and token by token, in float32, against a slow oracle that takes every pair of "
       "tokens by\n"
       "itself from the one-line definition of each method. Without arguments: everything, small. With an encoding: "
       "that\n"
       "one, layer by layer, with the heads of the model. Exit code 1 when something differs.\n\n"
       "  lx selfcheck\n  lx selfcheck encoding=hwfa encoding=kna\n  lx selfcheck 'encoding.stack=[rope, log_n]' "
       "length=16",
       with_config_flags({{"tokens", "", "T", "length of the text (40)"}}), selfcheck_command, true},
      {"data", "lx data list | prepare NAME | show NAME", "corpora: list, prepare, look inside",
       "  lx data show technical_english --document howto/regex --bytes 3000\n  lx data prepare path data.path=~/books",
       with_config_flags({{"document", "", "NAME", "show: the document whose name holds this"},
                          {"bytes", "", "N", "show: how much of it (1000)"}}),
       data_command},
      config_command(),
      completion_command(),
      bench_command(),
  };
  return all;
}

}  // namespace lx
