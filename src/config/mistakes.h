// Several mistakes told at once: a person mends them all before the next try.
#pragma once

#include "base/error.h"

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace lx::config {

/// More than one mistake: "3 mistakes:" and a line each.
class ManyMistakes : public Error {
 public:
  explicit ManyMistakes(std::vector<std::string> all);
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::vector<std::string> all_;
};

/// Collects what goes wrong in several attempts; those after the first are made all the same.
class Mistakes {
 public:
  template <class Act>
  void attempt(Act act) {
    try {
      act();
    } catch (const Error& error) {
      keep(error);
    }
  }
  void add(std::string mistake);
  bool empty() const { return all_.empty(); }
  /// Throws when there are any: a single one as it was thrown, several as ManyMistakes.
  void tell() const;

 private:
  void keep(const Error& error);  // called while it is being handled
  std::vector<std::string> all_;
  std::exception_ptr first_;
};

}  // namespace lx::config
