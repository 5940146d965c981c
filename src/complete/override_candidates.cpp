#include "complete/override_candidates.h"

#include "base/error.h"
#include "base/text.h"
#include "config/config_files.h"

#include <algorithm>
#include <optional>
#include <set>

namespace lx {
namespace {

using config::Node;

class OverrideCandidates {
 public:
  OverrideCandidates(const std::string& typed, const OverrideContext& context, const Vocabulary& vocabulary)
      : context_(context), vocabulary_(vocabulary), files_(context.request.search_path) {
    const size_t begin = typed.starts_with("++") ? 2 : typed.starts_with("+") || typed.starts_with("~") ? 1 : 0;
    sign_ = typed.substr(0, begin);
    body_ = typed.substr(begin);
  }

  std::vector<Completion> all() {
    compose();
    const size_t equals = body_.find('=');
    if (equals != std::string::npos) {
      values(body_.substr(0, equals), body_.substr(equals + 1));
    } else if (body_.find('@') != std::string::npos) {
      packages();
    } else {
      groups();
      if (sign_ != "+") written_keys();
      if (sign_ == "+" || sign_ == "++") legal_keys();
    }
    std::vector<Completion> found;
    for (const auto& [text, goes_on] : found_) found.push_back({text, goes_on});
    return found;
  }

 private:
  const OverrideContext& context_;
  const Vocabulary& vocabulary_;
  config::ConfigFiles files_;
  std::string sign_, body_;
  Node config_{config::Map{}};
  std::map<std::string, std::string> choices_;
  std::map<std::string, bool> found_;

  void add(const std::string& text, bool goes_on) { found_.emplace(sign_ + text, goes_on); }

  /// The rest of the line may be half done, too: without it there is still the primary configuration.
  void compose() {
    if (context_.stored) {
      config_ = *context_.stored;
      return;
    }
    config::ComposeRequest request = context_.request;
    for (int attempt = 0; attempt < 2; ++attempt) {
      try {
        config::Composition composition = config::compose(request);
        config_ = std::move(composition.config);
        choices_ = std::move(composition.choices);
        return;
      } catch (const Error&) {
        request.overrides.clear();
      }
    }
  }

  bool is_group(const std::string& key) const { return !context_.stored && files_.has_group(key); }

  /// Up to the next separator of `whole` behind what is typed.
  static std::optional<std::string> next_part(const std::string& whole, const std::string& typed, char separator) {
    if (!whole.starts_with(typed)) return std::nullopt;
    const size_t end = whole.find(separator, typed.size());
    return end == std::string::npos ? whole : whole.substr(0, end + 1);
  }

  void groups() {
    if (context_.stored || sign_ == "++") return;
    std::set<std::string> chosen;
    for (const auto& [key, option] : choices_) chosen.insert(key);
    std::vector<std::string> offered(chosen.begin(), chosen.end());
    if (sign_ == "+") {
      offered.clear();
      for (const std::string& group : files_.groups())
        if (!chosen.contains(group) && !files_.options(group).empty()) offered.push_back(group);
    }
    for (const std::string& group : offered) {
      const auto part = next_part(group, body_, '/');
      if (!part) continue;
      if (part->ends_with('/'))
        add(*part, true);
      else
        add(sign_ == "~" ? group : group + "=", sign_ != "~");
    }
  }

  /// Behind group@: where its content may go.
  void packages() {
    for (const auto& [key, option] : choices_)
      if (key.starts_with(body_)) add(sign_ == "~" ? key : key + "=", sign_ != "~");
    if (sign_ != "+") return;
    const std::string group = body_.substr(0, body_.find('@') + 1);
    std::vector<std::string> names = config_.map().keys();
    names.emplace_back("_global_");
    for (const std::string& name : names)
      if ((group + name).starts_with(body_)) add(group + name + "=", true);
  }

  void written_keys() {
    const size_t dot = body_.rfind('.');
    const std::string above = dot == std::string::npos ? "" : body_.substr(0, dot);
    const std::string before = dot == std::string::npos ? "" : above + ".";
    const Node* parent = above.empty() ? &config_ : config_.find(above);
    if (!parent) return;
    const auto offer = [&](const std::string& key, const Node& node) {
      const std::string text = before + key;
      if (!text.starts_with(body_)) return;
      const bool below = (node.is_map() && !node.map().empty()) || (node.is_list() && !node.list().empty());
      if (below) add(text + ".", true);
      if (!node.is_map()) add(sign_ == "~" ? text : text + "=", sign_ != "~");
      if (node.is_map() && sign_ == "~") add(text, false);
    };
    if (parent->is_map())
      for (const auto& [key, node] : parent->map()) offer(key, node);
    if (parent->is_list())
      for (size_t i = 0; i < parent->list().size(); ++i) offer(std::to_string(i), parent->list()[i]);
  }

  /// Keys that are known but stand in no file: they have their defaults, and are given with +.
  void legal_keys() {
    for (const VocabularyKey& key : vocabulary_.keys) {
      if (config_.find(key.path)) continue;
      const auto part = next_part(key.path, body_, '.');
      if (part) add(part->ends_with('.') ? *part : *part + (key.section ? "." : "="), true);
    }
  }

  void values(const std::string& key, const std::string& value) {
    const size_t at = key.find('@');
    if (sign_ == "~") {
      if (const auto chosen = choices_.find(key); chosen != choices_.end()) offer_value(key, "", value, chosen->second);
      return;
    }
    if (is_group(key.substr(0, at))) return options(key, key.substr(0, at), value);
    const Node* node = config_.find(key);
    const size_t comma = value.rfind(',');
    const std::string head = comma == std::string::npos ? "" : value.substr(0, comma + 1);
    const std::string tail = value.substr(head.size());
    for (const VocabularyKey& known : vocabulary_.keys)
      if (known.path == key)
        for (const std::string& one : known.values) offer_value(key, head, tail, one);
    if (!node) return;
    if (node->kind() == Node::Kind::boolean)
      for (const char* word : {"true", "false"}) offer_value(key, head, tail, word);
    if (const auto text = plain_text(*node); text && head.empty()) offer_value(key, "", tail, *text);
  }

  /// Also the next of several: encoding=rope,al and eval=[a,b
  void options(const std::string& key, const std::string& group, const std::string& value) {
    const size_t mark = value.find_last_of(",[(");
    const std::string head = mark == std::string::npos ? "" : value.substr(0, mark + 1);
    const std::string tail = value.substr(head.size());
    std::set<std::string> taken;
    const size_t opening = head.find_last_of("[(");
    for (const std::string& one : split(opening == std::string::npos ? head : head.substr(opening + 1), ','))
      taken.insert(one);
    for (const std::string& option : files_.options(group))
      if (!taken.contains(option)) offer_value(key, head, tail, option);
  }

  void offer_value(const std::string& key, const std::string& head, const std::string& tail, const std::string& value) {
    const bool several = context_.multirun || head.find_first_of("[(") != std::string::npos;
    if (value.starts_with(tail)) add(key + "=" + head + value, several);
  }

  /// As an override would give it; empty for what needs quotes.
  static std::optional<std::string> plain_text(const Node& node) {
    if (node.is_map() || node.is_list()) return std::nullopt;
    if (!node.is_string()) return config::to_json(node);
    const bool plain = node.string().find_first_of(" '\"$`\\(){}[]&;<>|*?#!~=,:\n\t") == std::string::npos;
    return plain && !node.string().empty() ? std::optional(node.string()) : std::nullopt;
  }
};

}  // namespace

std::vector<Completion> override_candidates(const std::string& typed, const OverrideContext& context,
                                            const Vocabulary& vocabulary) {
  return OverrideCandidates(typed, context, vocabulary).all();
}

}  // namespace lx
