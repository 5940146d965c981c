// Evaluates the interpolations of a configuration: references by walking the tree, calls through the resolvers.
// Inside of config/ only; everybody else calls resolve().
#pragma once

#include "base/error.h"
#include "config/interpolate.h"
#include "config/template.h"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lx::config {

// A node and where it stands, so that relative references know their holder. `finished` nodes hold no interpolations.
struct Spot {
  const Node* node = nullptr;
  std::vector<std::string> path;
  bool finished = false;
};

class Interpolator {
 public:
  /// `hydra_apart`: `root` holds a hydra node besides the configuration, which refers to it as ${hydra:KEY} only.
  Interpolator(const Node& root, const NamedNodes& named, bool hydra_apart = false)
      : root_(root), named_(named), hydra_apart_(hydra_apart) {}

  Node all() { return value({&root_, {}, false}); }
  /// One value; the rest of the tree may hold what cannot be resolved.
  Node part(const std::vector<std::string>& path);
  /// Everything but the hydra node, which may hold what cannot be resolved.
  Node without_hydra();

 private:
  static constexpr int kDeepest = 500;
  static constexpr size_t kMostNodes = 1'000'000;
  const Node& root_;
  const NamedNodes& named_;
  bool hydra_apart_;
  std::map<const Node*, Node> done_;
  std::set<const Node*> evaluating_, walking_;
  std::deque<Node> made_;  // results of calls that references walk through
  int depth_ = 0;
  size_t count_ = 0;

  // Marks a node as being evaluated (or walked through), and counts how deep we are.
  class Visit {
   public:
    Visit(Interpolator& owner, const Spot& spot, std::set<const Node*>* busy)
        : owner_(owner), node_(spot.node), busy_(busy) {
      if (owner.depth_ >= kDeepest)
        owner.wrong(spot, fmt::format("interpolations refer to each other more than {} deep", kDeepest));
      if (busy && !busy->insert(node_).second) owner.wrong(spot, "Recursive interpolation detected");
      ++owner.depth_;
    }
    ~Visit() {
      --owner_.depth_;
      if (busy_) busy_->erase(node_);
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    Interpolator& owner_;
    const Node* node_;
    std::set<const Node*>* busy_;
  };

  [[noreturn]] void wrong(const Spot& spot, const std::string& what) const;
  std::string_view holder_kind(const Spot& spot) const;
  static bool interpolated(const Spot& spot);
  Node value(const Spot& spot);
  // Every copy of a result counts: a few lines that refer to each other can stand for more values than memory holds.
  const Node& counted(const Node& result, const Spot& spot);
  const Node& evaluated(const Spot& spot);
  // The node that an interpolated one stands for, without evaluating what lies below it.
  Spot target(const Spot& spot);
  Node template_value(const Template& parts, bool as_text, const Spot& spot);
  std::string text_of(const Template& parts, const Spot& spot);
  Node part_value(const TemplatePart& part, const Spot& spot);
  [[noreturn]] void missing_value(const std::string& key, const Spot& spot) const;
  Spot referred(const std::string& key, const Spot& spot);
  std::optional<Spot> find(const std::string& key, const Spot& spot, std::string& hint);
  static std::string hint_for(const std::string& name, const std::string& walked, const std::vector<std::string>& keys);
  static std::optional<Spot> step(const Spot& at, const std::string& name);
  Node argument_value(const TemplateArgument& argument, const Spot& spot);
  Node call(const std::string& name, const TemplatePart& part, const Spot& spot);
  // ${hydra:job.num}
  Node hydra_value(const std::vector<Node>& arguments, const Spot& spot);
  // ${hydra_override_dirname:}
  Node override_dirname(const std::vector<Node>& arguments, const Spot& spot);
  [[noreturn]] void unsupported(const std::string& name, const Spot& spot) const;
  // The resolvers that look at the tree around them.
  Node tree_call(const std::string& name, const std::vector<Node>& arguments, const Spot& spot);
};

}  // namespace lx::config
