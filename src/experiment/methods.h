// The table of methods: what each ready encoding and each mechanism is, where it acts, and which ways of computing it
// keeps. Everything is read off the classes (questions_of, traits) and off the stacks built, nothing is typed.
#pragma once

#include "attention/stack.h"
#include "experiment/run_config.h"

#include <string>
#include <vector>

namespace lx {

/// Which ways of computing a stack keeps.
struct MethodPaths {
  std::string fused;      // "not yet", or "plain only" for what sees the logits themselves
  std::string decoding;   // "exact", or what stands against it
  std::string noncausal;  // "yes", "past only", "bag of words"
};

struct Method {
  std::string name, summary, source;
  std::vector<std::string> acts;  // questions by name; "(test)" or "(train)" where it does so in that mode only
  MethodPaths paths;
};

/// "who sees whom", "where tokens stand" ...
std::vector<std::string> question_names(const Questions& questions);
/// The same of all stacks of a model; marked where the modes differ.
std::vector<std::string> acts_of(const std::vector<const Stack*>& stacks);
/// Of all stacks of a model together.
MethodPaths paths_of(const std::vector<const Stack*>& stacks);

/// One of configs/encoding, in the default configuration or the one of `request`.
Method ready_method(const ConfigRequest& request, const std::string& name);
/// A registered modifier with its default settings, in the company it needs.
Method mechanism(const std::string& name);

/// A source to stand behind a summary: "  [Su 2021, arXiv 2104.09864]", to be broken between sources only.
std::string in_brackets(const std::string& source);

/// The whole table: methods ready to use, then mechanisms.
std::string methods_text(const ConfigRequest& request);
std::string methods_markdown(const ConfigRequest& request);

}  // namespace lx
