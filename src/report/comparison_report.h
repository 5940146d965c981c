// Systems against a reference in one table, every number with its interval.
#pragma once

#include "eval/compare.h"

#include <string>
#include <vector>

namespace lx {

/// Rows in the order given; `keys` names what their labels say. Losses and areas ± half their interval, differences to
/// the reference with p adjusted by Holm's procedure, `~` where it is above 1 - level; effective lengths with the ends
/// of their interval; `·` where there is nothing to say. Lines above name protocol, targets, seeds, documents and the
/// interval's method; lines below say why a system was left out or not paired.
std::string render_comparison(const Comparison& comparison, const std::vector<std::string>& keys,
                              bool markdown = false);

}  // namespace lx
