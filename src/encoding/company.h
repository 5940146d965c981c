// A modifier in sensible company: the smallest stack in which it means something, so that each can be judged by itself
// (the laws, `lx selfcheck`, `lx list methods`).
#pragma once

#include "attention/scene.h"

#include <string>

namespace lx {

/// The YAML of a stack that holds `entry` (`name`, or `{name: {settings}}`) and what it needs: frequencies to edit, a
/// bias to work on, something that reads the positions it gives.
std::string in_company(const std::string& entry, const Shape& shape);

}  // namespace lx
