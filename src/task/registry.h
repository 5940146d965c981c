// Tasks register themselves by name; the data section of a configuration says which one with `task:` ("text" when
// absent).
#pragma once

#include "base/registry.h"
#include "config/fields.h"
#include "task/task.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lx {

struct TaskEntry {
  std::string summary;
  std::function<std::unique_ptr<Task>(const config::Node& data)> make;  // reads the whole data section strictly
  std::function<std::vector<config::KeyHelp>()> help = {};              // the keys of that section
  std::string source = "";                                              // paper or post; may be empty
  /// Reads the section strictly, without opening anything.
  std::function<void(const config::Node& data)> check = {};
};

Registry<TaskEntry>& task_registry();

/// Builds the task of a resolved data section. Throws Error with the place of what is wrong in it.
std::unique_ptr<Task> make_task(const config::Node& data);
/// Throws what make_task would of the section itself, without opening a corpus.
void check_task(const config::Node& data);

struct TaskRegistration {
  TaskRegistration(const char* name, TaskEntry entry) { task_registry().add(name, std::move(entry)); }
};

/// REGISTER_TASK(text, "next token of real text", make_text_task, [] { return config::help<TextConfig>(); }): at
/// namespace scope of the task's .cpp; a source may follow.
#define REGISTER_TASK(name, ...) static const lx::TaskRegistration register_task_##name(#name, {__VA_ARGS__})

}  // namespace lx
