// What there is to choose from, and every legal key.
#pragma once

#include <string>

namespace lx {

enum class ListFormat { text, json, markdown };

struct ListRequest {
  std::string kind;  // empty: all
  std::string name;  // of one entry, printed in full; empty: all of the kind
  ListFormat format = ListFormat::text;
};

/// Prints what there is: name, summary, source, settings. Throws UsageError for an unknown kind or name.
void list_registered(const ListRequest& request);

/// Prints the configuration's keys that start with `prefix`: type, default, one sentence.
void list_keys(const std::string& prefix);

}  // namespace lx
