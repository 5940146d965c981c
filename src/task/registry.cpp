#include "task/registry.h"

#include "base/error.h"

namespace lx {

Registry<TaskEntry>& task_registry() {
  static Registry<TaskEntry> registry("task");
  return registry;
}

namespace {

const TaskEntry& entry_of_task(const config::Node& data) {
  const config::Node* name = data.is_map() ? data.map().find("task") : nullptr;
  return task_registry().get(name ? name->string() : "text", name ? name->place.prefix() : "");
}

}  // namespace

std::unique_ptr<Task> make_task(const config::Node& data) { return entry_of_task(data).make(data); }

void check_task(const config::Node& data) {
  const TaskEntry& entry = entry_of_task(data);
  if (entry.check) entry.check(data);
}

}  // namespace lx
