// A model's trainable parameters laid out flat: one buffer of values and one of gradients for each group, so that an
// optimizer step, the gradient norm and clipping are a handful of operations however many parameters there are.
#pragma once

#include "tensor/named_tensors.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lx {

/// What a parameter is, for rules that treat them differently.
enum class ParameterKind { matrix, embedding, vector };  // vector: biases, gains and all else with one dimension

struct GroupRules {
  std::vector<std::string> no_decay;    // regular expressions (searched in names): treated as vectors, never decayed
  std::vector<std::string> embeddings;  // regular expressions: which matrices are embeddings (one row a token)
  bool decay_embeddings = true;
};

/// One parameter's place in its group's buffers.
struct Slot {
  std::string name;
  Tensor parameter;
  int64_t offset, size;  // in elements
  ParameterKind kind;
  bool gain;  // a factor whose neutral value is 1 (gains of norms)

  /// The part of a group-sized buffer that belongs to this parameter, in its shape.
  Tensor view(const Tensor& flat) const;
};

struct ParameterGroup {
  bool decay;                // weight decay applies
  Tensor values, gradients;  // [n], the gaps between slots (which align them) hold zeros for ever
  std::vector<Slot> slots;
};

/// While this lives, the parameters' data and gradients are views into its buffers. Moving a parameter meanwhile
/// (`model.to(...)`) breaks that and is found out by `check_layout`.
class Parameters {
 public:
  /// Takes those of `named` that require gradients. A tensor under two names counts once, under the first. Throws
  /// Error for a regular expression that is none, and for parameters that overlap in memory or are not dense floats.
  Parameters(const NamedTensors& named, const GroupRules& rules);
  ~Parameters();  // leaves the values where they are and drops the gradients
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  std::span<const ParameterGroup> groups() const { return groups_; }
  int64_t count() const;  // elements

  void zero_gradients();
  double gradient_norm() const;  // Euclidean, over all parameters; the same bits whatever the number of threads
  void check_layout() const;     // throws Error naming a parameter that no longer lies in the buffers

 private:
  std::vector<ParameterGroup> groups_;
};

}  // namespace lx
