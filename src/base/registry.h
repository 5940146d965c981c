// A table from names to factories, filled before main by self-registering files and read-only afterwards.
// The only global in lx. A name used twice stops the program at start-up.
#pragma once

#include "base/error.h"
#include "base/text.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace lx {

template <class Entry>  // Entry: copyable, with a member `std::string summary`
class Registry {
 public:
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  void add(const std::string& name, Entry entry) {
    if (!entries_.emplace(name, std::move(entry)).second) {
      std::fprintf(stderr, "error: the %s '%s' is registered twice\n", kind_.c_str(), name.c_str());
      std::abort();
    }
  }

  const Entry* find(const std::string& name) const {
    const auto it = entries_.find(name);
    return it == entries_.end() ? nullptr : &it->second;
  }

  /// `place` says where the name was written, e.g. "configs/x.yaml:3:5: ".
  const Entry& get(const std::string& name, const std::string& place = "") const {
    const Entry* entry = find(name);
    if (!entry) {
      const auto known = names();
      fail("{}there is no {} '{}'{} (known: {})", place, kind_, name, did_you_mean(name, known), join(known, ", "));
    }
    return *entry;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, entry] : entries_) all.push_back(name);
    return all;
  }

  const std::map<std::string, Entry>& entries() const { return entries_; }

 private:
  std::string kind_;
  std::map<std::string, Entry> entries_;
};

}  // namespace lx
