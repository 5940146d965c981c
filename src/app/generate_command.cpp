#include "app/generate_command.h"

#include "base/error.h"
#include "base/text.h"
#include "experiment/generate.h"

#include <charconv>
#include <iostream>
#include <iterator>
#include <string_view>

namespace lx {
namespace {

template <class Number>
void read_number(const Arguments& arguments, const std::string& flag, std::string_view wanted, Number& value) {
  const auto text = arguments.get(flag);
  if (!text) return;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size())
    throw UsageError(fmt::format("--{} wants {}, got '{}'", flag, wanted, *text));
}

void read_count(const Arguments& arguments, const std::string& flag, int64_t lowest, int64_t& value) {
  const std::string wanted = fmt::format("a whole number from {} up", lowest);
  read_number(arguments, flag, wanted, value);
  if (value < lowest) throw UsageError(fmt::format("--{} wants {}, got '{}'", flag, wanted, *arguments.get(flag)));
}

GenerateRequest read_request(const Arguments& arguments) {
  GenerateRequest request;
  request.prompt = arguments.get("prompt");
  if (arguments.has("prompt-tokens")) {
    if (request.prompt) throw UsageError("--prompt-tokens says how much of a document to read: leave --prompt out");
    read_count(arguments, "prompt-tokens", 1, request.prompt_tokens.emplace());
  }
  request.variant = arguments.get("variant").value_or("");
  if (arguments.has("variant") && request.variant.empty())
    throw UsageError("--variant wants a name; leave it out for the model as trained");
  read_count(arguments, "tokens", 1, request.tokens);
  read_count(arguments, "samples", 1, request.samples);
  read_number(arguments, "temperature", "a number from 0 up", request.sampling.temperature);
  read_count(arguments, "top-k", 0, request.sampling.top_k);
  read_number(arguments, "top-p", "a probability", request.sampling.top_p);
  read_count(arguments, "seed", 0, request.seed);
  if (arguments.has("greedy")) {
    if (arguments.has("temperature")) throw UsageError("--greedy is --temperature 0: give one of the two");
    request.sampling.temperature = 0;
  }
  check(request.sampling);
  request.check = arguments.has("check");
  const std::string format = arguments.get("format").value_or("text");
  if (format != "text" && format != "json") throw UsageError(fmt::format("--format is text or json, got '{}'", format));
  request.json = format == "json";
  return request;
}

int run_generate(const Arguments& arguments) {
  if (arguments.words.empty())
    throw UsageError("say which run: lx generate RUN [--prompt TEXT ...]; RUN is a folder, an id, or `last`");
  GenerateRequest request = read_request(arguments);
  const RunFolder folder = find_run(arguments.words.front());
  if (request.prompt == "-")
    request.prompt = std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  const int signal = generate_text(folder, {arguments.words.begin() + 1, arguments.words.end()}, request);
  return signal == 0 ? 0 : 128 + signal;
}

}  // namespace

Command generate_command() {
  return {"generate",
          "lx generate RUN [eval.KEY=VALUE ...]",
          "write text with the model of a run",
          "RUN as for lx eval. The text goes to standard output as it is written, all else to standard error. The same "
          "seed\ngives the same text.\n\n"
          "  lx generate last\n  lx generate last --prompt 'Once upon' --temperature 0.7 --top-p 0.9 --seed 3\n"
          "  lx generate last --prompt-tokens 1024 --variant rerope --check\n"
          "  lx generate last --variant leaky '+eval.variants.leaky=[{rerope: {window: 64, interval: 0.1}}]'",
          {{"prompt", "p", "TEXT", "what to go on from; -: standard input (the beginning of a document of eval.split)"},
           {"prompt-tokens", "", "N", "how much of that document (the trained length)"},
           {"tokens", "n", "N", "how much to write (200)"},
           {"variant", "", "NAME", "which of eval.variants (none: the model as trained)"},
           {"temperature", "t", "T", "divides the logits: below 1 the likely becomes likelier; 0: greedy (1)"},
           {"greedy", "", "", "always the likeliest token"},
           {"top-k", "", "K", "only the K likeliest tokens (0: all)"},
           {"top-p", "", "P", "only the fewest tokens that together have the probability P (1: all)"},
           {"seed", "", "S", "starts the random choices (0)"},
           {"samples", "", "N", "how many texts, written side by side (1)"},
           {"check", "", "", "then read it all in one pass, and say how far its logits are from those written with"},
           {"format", "", "F", "text or json: prompt, settings, tokens, text, log-probabilities, speed (text)"}},
          run_generate,
          true};
}

}  // namespace lx
