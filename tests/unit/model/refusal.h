// The sentence with which something is refused.
#pragma once

#include "base/error.h"

#include <functional>
#include <string>

namespace lx {

inline std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace lx
