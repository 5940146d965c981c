// Tasks register themselves by name; the data section of a configuration says which one with `task:` ("text" when
// absent).
#pragma once

#include "base/registry.h"
#include "config/node.h"
#include "task/task.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lx {

struct TaskEntry {
  std::string summary;
  std::function<std::unique_ptr<Task>(const config::Node& data)> make;  // reads the whole data section strictly
};

Registry<TaskEntry>& task_registry();

/// Builds the task of a resolved data section. Throws Error with the place of what is wrong in it.
std::unique_ptr<Task> make_task(const config::Node& data);

struct TaskRegistration {
  TaskRegistration(const char* name, TaskEntry entry) { task_registry().add(name, std::move(entry)); }
};

/// REGISTER_TASK(text, "next token of real text", make_text_task): at namespace scope of the task's .cpp.
#define REGISTER_TASK(name, summary, make) \
  static const lx::TaskRegistration register_task_##name(#name, {summary, make})

}  // namespace lx
