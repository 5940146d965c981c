#include "result/axis_names.h"

#include <cctype>
#include <map>
#include <set>

namespace lx {
namespace {

struct AxisNaming {
  // Dimensions and variables of sweep.h5; parameters of xarray's sel(); Python's words.
  static const std::set<std::string>& taken() {
    static const std::set<std::string> names{
        "text", "variant", "length", "multiple", "document", "step", "cell", "state", "run", "overrides", "parameters",
        "executor", "events", "notes", "post_hoc", "protocol", "targets", "tokens", "documents", "loss", "loss_se",
        "accuracy", "accuracy_se", "perplexity", "change", "change_se", "gap", "gap_se", "difference", "difference_se",
        "steps", "seconds", "bits_per_byte", "reason", "folder", "accuracy_difference", "accuracy_difference_se",
        "final_loss", "valid_loss", "valid_accuracy", "final_valid_loss", "final_valid_accuracy", "trained_length",
        "seed",
        // xarray
        "method", "tolerance", "drop", "indexers", "dim", "name",
        // Python
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield"};
    return names;
  }

  // "+train.optimizer.lr" -> train, optimizer, lr.
  static std::vector<std::string> words(const std::string& key) {
    std::vector<std::string> out(1);
    for (const char c : key) {
      const bool letter = std::isalnum(static_cast<unsigned char>(c)) || c == '_';
      if (letter || c == '-') {
        out.back() += letter ? c : '_';
      } else if (!out.back().empty()) {
        out.emplace_back();
      }
    }
    if (out.back().empty() && out.size() > 1) out.pop_back();
    return out;
  }

  static bool usable(const std::string& name) {
    return !name.empty() && !std::isdigit(static_cast<unsigned char>(name.front())) && !taken().contains(name);
  }

  std::string key;
  std::vector<std::string> parts = words(key);
  size_t used = 0;  // words of the end that make the name
  std::string name;

  // The next longer name that can be used; at last the whole key and a number that no other key has.
  void lengthen(size_t number) {
    while (used < parts.size()) {
      ++used;
      name.clear();
      for (size_t i = parts.size() - used; i < parts.size(); ++i) name += (name.empty() ? "" : "_") + parts[i];
      if (usable(name)) return;
    }
    name = (usable(name) ? name : "key_" + name) + "_" + std::to_string(number);
  }
};

}  // namespace

std::vector<std::string> axis_names(const std::vector<std::string>& keys) {
  std::vector<AxisNaming> all;
  for (const std::string& key : keys) {
    all.push_back({key});
    if (key == "length" || key == "seed")
      all.back().name = key == "seed" ? "seed" : "trained_length";
    else
      all.back().lengthen(all.size() - 1);
  }
  for (bool clash = true; clash;) {
    clash = false;
    std::map<std::string, int> count;
    for (const AxisNaming& one : all) ++count[one.name];
    for (size_t i = 0; i < all.size(); ++i) {
      if (count[all[i].name] == 1) continue;
      all[i].lengthen(i);
      clash = true;
    }
  }
  std::vector<std::string> names;
  for (const AxisNaming& one : all) names.push_back(one.name);
  return names;
}

}  // namespace lx
