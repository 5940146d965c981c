#include "config/mistakes.h"

#include "base/text.h"

#include <algorithm>

namespace lx::config {

ManyMistakes::ManyMistakes(std::vector<std::string> all)
    : Error(fmt::format("{} mistakes:\n  {}", all.size(), join(all, "\n  "))), all_(std::move(all)) {}

void Mistakes::add(std::string mistake) {
  // Two ways of reading one section may stumble over the same thing.
  if (std::find(all_.begin(), all_.end(), mistake) == all_.end()) all_.push_back(std::move(mistake));
}

void Mistakes::keep(const Error& error) {
  if (!first_) first_ = std::current_exception();
  if (const auto* many = dynamic_cast<const ManyMistakes*>(&error)) {
    for (const std::string& mistake : many->all()) add(mistake);
  } else {
    add(error.what());
  }
}

void Mistakes::tell() const {
  if (all_.empty()) return;
  if (all_.size() > 1) throw ManyMistakes(all_);
  if (first_) std::rethrow_exception(first_);
  throw Error(all_.front());
}

}  // namespace lx::config
