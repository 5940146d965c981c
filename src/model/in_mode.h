// A model in another mode for a while.
#pragma once

#include "model/model.h"

namespace lx {

/// Training or evaluation mode while this lives, then whatever it was before.
class InMode {
 public:
  InMode(Model& model, bool training) : model_(model), before_(model.is_training()) { model.train(training); }
  ~InMode() { model_.train(before_); }
  InMode(const InMode&) = delete;
  InMode& operator=(const InMode&) = delete;

 private:
  Model& model_;
  bool before_;
};

}  // namespace lx
