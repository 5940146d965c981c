#include "app/generate_command.h"

#include "base/error.h"
#include "base/text.h"
#include "experiment/generate.h"

#include <algorithm>
#include <charconv>
#include <fstream>
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

/// One a line.
std::vector<std::string> lines_of(std::istream& text, const std::string& name) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    require(!line.empty(), "{}: line {} is empty, and a prompt is at least one token", name, lines.size() + 1);
    lines.push_back(line);
  }
  require(!lines.empty(), "{} holds no prompt", name);
  return lines;
}

/// What `-` and files hold.
void read_prompts(const Arguments& arguments, GenerateRequest& request) {
  for (std::string& prompt : request.prompts)
    if (prompt == "-") prompt = std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  const auto path = arguments.get("prompts");
  if (!path) return;
  if (*path == "-") {
    request.prompts = lines_of(std::cin, "standard input");
    return;
  }
  std::ifstream file(*path);
  require(file.is_open(), "--prompts: cannot read '{}'", *path);
  request.prompts = lines_of(file, *path);
}

/// Beams look for the likeliest texts: nothing is drawn.
void read_search(const Arguments& arguments, GenerateRequest& request) {
  request.stop = arguments.all("stop");
  for (const std::string& stop : request.stop)
    if (stop.empty()) throw UsageError("--stop wants a text");
  read_count(arguments, "beams", 1, request.beams);
  read_number(arguments, "length-penalty", "a number from 0 up", request.length_penalty);
  if (!(request.length_penalty >= 0))
    throw UsageError(
        fmt::format("--length-penalty wants a number from 0 up, got '{}'", *arguments.get("length-penalty")));
  if (request.beams == 1) {
    if (arguments.has("length-penalty"))
      throw UsageError("--length-penalty compares the texts of a beam search: give --beams 2 or more");
    return;
  }
  for (const char* flag : {"temperature", "top-k", "top-p", "seed", "samples"})
    if (arguments.has(flag))
      throw UsageError(fmt::format("--beams looks for the likeliest texts and draws none: leave --{} out", flag));
  request.sampling.temperature = 0;
}

GenerateRequest read_request(const Arguments& arguments) {
  GenerateRequest request;
  request.prompts = arguments.all("prompt");
  if (arguments.has("prompts") && !request.prompts.empty())
    throw UsageError("--prompts is a file of prompts: leave --prompt out");
  if (std::count(request.prompts.begin(), request.prompts.end(), "-") > 1)
    throw UsageError("standard input is one prompt only: give --prompt - once");
  if (arguments.has("prompt-tokens")) {
    if (!request.prompts.empty() || arguments.has("prompts"))
      throw UsageError("--prompt-tokens says how much of a document to read: leave --prompt out");
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
  read_search(arguments, request);
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
  read_prompts(arguments, request);
  const int signal = generate_text(folder, {arguments.words.begin() + 1, arguments.words.end()}, request);
  return signal == 0 ? 0 : 128 + signal;
}

}  // namespace

Command generate_command() {
  return {
      "generate",
      "lx generate RUN [eval.KEY=VALUE ...]",
      "write text with the model of a run",
      "RUN as for lx eval. The text goes to standard output as it is written, all else to standard error. The same "
      "seed\ngives the same text.\n\n"
      "  lx generate last\n  lx generate last --prompt 'Once upon' --temperature 0.7 --top-p 0.9 --seed 3\n"
      "  lx generate last --prompt-tokens 1024 --variant rerope --check\n"
      "  lx generate last --prompts FILE --beams 4 --length-penalty 0.6 --stop . --format json\n"
      "  lx generate last --variant leaky '+eval.variants.leaky=[{rerope: {window: 64, interval: 0.1}}]'",
      {{"prompt", "p", "TEXT",
        "what to go on from, may be given again; -: standard input (the beginning of a document of eval.split)"},
       {"prompts", "", "FILE", "a prompt a line, written on side by side; -: standard input"},
       {"prompt-tokens", "", "N", "how much of that document (as in training: input and a token, or the length)"},
       {"tokens", "n", "N", "how much to write, at most (200)"},
       {"stop", "", "TEXT", "end a text once this was written; may be given again"},
       {"variant", "", "NAME", "which of eval.variants (none: the model as trained)"},
       {"temperature", "t", "T", "divides the logits: below 1 the likely becomes likelier; 0: greedy (1)"},
       {"greedy", "", "", "always the likeliest token"},
       {"top-k", "", "K", "only the K likeliest tokens (0: all)"},
       {"top-p", "", "P", "only the fewest tokens that together have the probability P (1: all)"},
       {"seed", "", "S", "starts the random choices (0)"},
       {"samples", "", "N", "how many texts, written side by side (1)"},
       {"beams", "", "K", "beam search: keep the K likeliest beginnings, show the texts with their scores (1: none)"},
       {"length-penalty", "", "A", "compare texts of a beam search by log-probability / length^A (0)"},
       {"check", "", "", "then read it all in one pass, and say how far its logits are from those written with"},
       {"format", "", "F", "text or json: prompt, settings, tokens, text, log-probabilities, speed (text)"}},
      run_generate,
      true};
}

}  // namespace lx
