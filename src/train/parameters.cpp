// LibTorch accumulates into a gradient that is already there in place, so presetting views is enough.
#include "train/parameters.h"

#include "base/error.h"
#include "train/flat_steps.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <regex>
#include <set>

namespace lx {
namespace {

constexpr int64_t kAlignment = 64;  // bytes: where the allocator would have put the tensor

bool matches_any(const std::string& name, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    try {
      return std::regex_search(name, std::regex(pattern));
    } catch (const std::regex_error& error) {
      fail("'{}' is not a regular expression for parameter names: {}", pattern, error.what());
    }
  });
}

bool is_gain(const std::string& name) {
  static const std::regex gains("(gain|gamma|scale|norm[^.]*\\.weight)$");
  return std::regex_search(name, gains);
}

ParameterKind kind_of(const std::string& name, const Tensor& tensor, const GroupRules& rules) {
  if (tensor.dim() < 2 || matches_any(name, rules.no_decay)) return ParameterKind::vector;
  return matches_any(name, rules.embeddings) ? ParameterKind::embedding : ParameterKind::matrix;
}

int64_t padded(int64_t size, int64_t element_size) {
  const int64_t elements = std::max<int64_t>(1, kAlignment / element_size);
  return (size + elements - 1) / elements * elements;
}

/// Views of one another would be torn apart by moving each into its own place.
void refuse_overlaps(const std::vector<ParameterGroup>& groups) {
  std::map<const char*, std::pair<const char*, std::string>> used;  // begin -> end, name
  for (const ParameterGroup& group : groups) {
    for (const Slot& slot : group.slots) {
      if (slot.size == 0) continue;
      int64_t reach = 1;
      for (int64_t i = 0; i < slot.parameter.dim(); ++i)
        reach += (slot.parameter.size(i) - 1) * slot.parameter.stride(i);
      const char* const begin = static_cast<const char*>(slot.parameter.data_ptr());
      const char* const end = begin + reach * slot.parameter.element_size();
      const auto after = used.lower_bound(begin);
      const bool runs_into_next = after != used.end() && after->first < end;
      const bool lies_in_former = after != used.begin() && std::prev(after)->second.first > begin;
      require(
          !runs_into_next && !lies_in_former,
          "the parameters '{}' and '{}' share memory and are not one tensor: tie parameters by registering one tensor "
          "twice",
          slot.name,
          runs_into_next   ? after->second.second
          : lies_in_former ? std::prev(after)->second.second
                           : "");
      used.emplace(begin, std::pair(end, slot.name));
    }
  }
}

}  // namespace

Tensor Slot::view(const Tensor& flat) const { return flat.narrow(0, offset, size).view(parameter.sizes()); }

Parameters::Parameters(const NamedTensors& named, const GroupRules& rules) {
  const at::NoGradGuard no_grad;
  for (const auto& patterns : {rules.no_decay, rules.embeddings}) matches_any("", patterns);  // all must compile
  std::set<const void*> taken;
  for (const auto& [name, tensor] : named) {
    if (!tensor.requires_grad() || !taken.insert(tensor.unsafeGetTensorImpl()).second) continue;
    require(tensor.is_floating_point() && tensor.layout() == at::kStrided && tensor.is_leaf(),
            "the parameter '{}' cannot be trained: it is not a plain dense tensor of floats", name);
    const ParameterKind kind = kind_of(name, tensor, rules);
    const bool decay = kind == ParameterKind::matrix || (kind == ParameterKind::embedding && rules.decay_embeddings);
    auto group = std::find_if(groups_.begin(), groups_.end(), [&](const ParameterGroup& g) {
      const Tensor& other = g.slots.front().parameter;
      return g.decay == decay && other.scalar_type() == tensor.scalar_type() && other.device() == tensor.device();
    });
    if (group == groups_.end()) group = groups_.insert(groups_.end(), ParameterGroup{decay, {}, {}, {}});
    const int64_t offset =
        group->slots.empty() ? 0 : group->slots.back().offset + padded(group->slots.back().size, tensor.element_size());
    group->slots.push_back({name, tensor, offset, tensor.numel(), kind, is_gain(name)});
  }
  require(!groups_.empty(), "the model has no parameter to train");
  refuse_overlaps(groups_);
  for (ParameterGroup& group : groups_) {
    const Slot& last = group.slots.back();
    group.values = at::zeros({last.offset + padded(last.size, last.parameter.element_size())},
                             last.parameter.options().requires_grad(false));
    group.gradients = at::zeros_like(group.values);
    for (Slot& slot : group.slots) {
      const Tensor place = slot.view(group.values);
      place.copy_(slot.parameter);
      slot.parameter.set_data(place);
      slot.parameter.mutable_grad() = slot.view(group.gradients);
    }
  }
}

Parameters::~Parameters() {
  for (ParameterGroup& group : groups_) {
    for (Slot& slot : group.slots) {
      // Another Parameters may have taken the model over.
      const Tensor& gradient = slot.parameter.grad();
      if (gradient.defined() && gradient.storage().is_alias_of(group.gradients.storage()))
        slot.parameter.mutable_grad() = Tensor();
    }
  }
}

int64_t Parameters::count() const {
  int64_t total = 0;
  for (const ParameterGroup& group : groups_)
    for (const Slot& slot : group.slots) total += slot.size;
  return total;
}

void Parameters::zero_gradients() {
  for (ParameterGroup& group : groups_) group.gradients.zero_();
}

double Parameters::gradient_norm() const {
  double squares = 0;
  for (const ParameterGroup& group : groups_) squares += square_sum(group.gradients);
  return std::sqrt(squares);
}

void Parameters::check_layout() const {
  for (const ParameterGroup& group : groups_) {
    const auto begin = [&](const Tensor& flat, const Slot& slot) {
      return static_cast<const char*>(flat.data_ptr()) + slot.offset * flat.element_size();
    };
    for (const Slot& slot : group.slots) {
      const Tensor& gradient = slot.parameter.grad();
      require(slot.size == 0 || (slot.parameter.data_ptr() == begin(group.values, slot) && gradient.defined() &&
                                 gradient.data_ptr() == begin(group.gradients, slot)),
              "the parameter '{}' or its gradient was replaced during training: move the model before its Trainer is "
              "made, and leave zeroing to it",
              slot.name);
    }
  }
}

}  // namespace lx
