#include "task/registry.h"

#include "base/error.h"

namespace lx {

Registry<TaskEntry>& task_registry() {
  static Registry<TaskEntry> registry("task");
  return registry;
}

std::unique_ptr<Task> make_task(const config::Node& data) {
  const config::Node* name = data.is_map() ? data.map().find("task") : nullptr;
  return task_registry().get(name ? name->string() : "text", name ? name->place.prefix() : "").make(data);
}

}  // namespace lx
