// Resolvers of arithmetic, environment and time; see docs/configuration.md for the list.
#include "config/resolvers.h"

#include "base/error.h"
#include "config/interpolate.h"
#include "config/scalar.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <map>

namespace lx::config {

namespace {

using Arguments = std::vector<Node>;

struct Builtins {
  static bool is_int(const Node& node) { return node.kind() == Node::Kind::integer; }
  static bool is_number(const Node& node) { return is_int(node) || node.kind() == Node::Kind::real; }

  static void need(const Arguments& arguments, size_t least, size_t most) {
    require(arguments.size() >= least && arguments.size() <= most, "takes {} arguments, got {}",
            least == most ? std::to_string(least) : fmt::format("{} or more", least), arguments.size());
  }
  static const Node& number(const Node& node) {
    require(is_number(node), "needs numbers, got the {} '{}'", node.kind_name(), python_text(node));
    return node;
  }

  template <class Checked, class Real>
  static Node fold(const Arguments& arguments, Checked checked, Real real) {
    need(arguments, 1, SIZE_MAX);
    Node total = number(arguments[0]);
    for (size_t i = 1; i < arguments.size(); ++i) {
      const Node& next = number(arguments[i]);
      if (is_int(total) && is_int(next)) {
        int64_t result = 0;
        require(!checked(total.integer(), next.integer(), &result), "the result does not fit into 64 bits");
        total = Node(result);
      } else {
        total = Node(real(total.real(), next.real()));
      }
    }
    return total;
  }

  static Node add(const Arguments& arguments) {
    return fold(
        arguments, [](int64_t a, int64_t b, int64_t* out) { return __builtin_add_overflow(a, b, out); },
        [](double a, double b) { return a + b; });
  }
  static Node mul(const Arguments& arguments) {
    return fold(
        arguments, [](int64_t a, int64_t b, int64_t* out) { return __builtin_mul_overflow(a, b, out); },
        [](double a, double b) { return a * b; });
  }
  static Node sub(const Arguments& arguments) {
    need(arguments, 2, 2);
    return fold(
        arguments, [](int64_t a, int64_t b, int64_t* out) { return __builtin_sub_overflow(a, b, out); },
        [](double a, double b) { return a - b; });
  }

  static void check_divisor(const Node& divisor) { require(number(divisor).real() != 0, "division by zero"); }
  // INT64_MIN / -1 is the one quotient of integers that overflows.
  static bool whole_quotient(const Node& a, const Node& b) { return is_int(a) && is_int(b) && b.integer() != -1; }

  static Node div(const Arguments& arguments) {
    need(arguments, 2, 2);
    const Node &a = number(arguments[0]), &b = arguments[1];
    check_divisor(b);
    if (whole_quotient(a, b) && a.integer() % b.integer() == 0) return Node(a.integer() / b.integer());
    if (is_int(a) && is_int(b) && b.integer() == -1) return sub({Node(0), a});
    return Node(a.real() / b.real());
  }
  static Node floordiv(const Arguments& arguments) {
    need(arguments, 2, 2);
    const Node &a = number(arguments[0]), &b = arguments[1];
    check_divisor(b);
    if (!is_int(a) || !is_int(b)) return Node(std::floor(a.real() / b.real()));
    if (b.integer() == -1) return sub({Node(0), a});
    const int64_t quotient = a.integer() / b.integer(), rest = a.integer() % b.integer();
    return Node(quotient - (rest != 0 && (rest < 0) != (b.integer() < 0) ? 1 : 0));
  }

  // max(1, 2, 3) or max([1, 2, 3])
  static Node extreme(const Arguments& arguments, bool largest) {
    const Arguments& items = arguments.size() == 1 && arguments[0].is_list() ? arguments[0].list() : arguments;
    need(items, 1, SIZE_MAX);
    const Node* best = &number(items[0]);
    for (const Node& item : items) {
      const double a = number(item).real(), b = best->real();
      if (largest ? a > b : a < b) best = &item;
    }
    return *best;
  }

  static Node len(const Arguments& arguments) {
    need(arguments, 1, 1);
    const Node& value = arguments[0];
    require(value.is_list() || value.is_map() || value.is_string(), "needs a list, dict or str, got the {} '{}'",
            value.kind_name(), python_text(value));
    const auto starts_character = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    if (value.is_string()) return Node(std::count_if(value.string().begin(), value.string().end(), starts_character));
    return Node(static_cast<int64_t>(value.is_list() ? value.list().size() : value.map().size()));
  }

  static Node range(const Arguments& arguments) {
    need(arguments, 1, 3);
    for (const Node& item : arguments)
      require(is_int(item), "needs integers, got the {} '{}'", item.kind_name(), python_text(item));
    const int64_t start = arguments.size() > 1 ? arguments[0].integer() : 0;
    const int64_t stop = arguments[arguments.size() > 1 ? 1 : 0].integer();
    const int64_t step = arguments.size() > 2 ? arguments[2].integer() : 1;
    require(step != 0, "the step of a range cannot be zero");
    List items;
    for (int64_t at = start; step > 0 ? at < stop : at > stop;) {
      require(items.size() < 1'000'000, "a range of more than a million numbers");
      items.push_back(Node(at));
      if (__builtin_add_overflow(at, step, &at)) break;
    }
    return Node(std::move(items));
  }

  static bool equal(const Node& a, const Node& b) {
    return a == b || (is_number(a) && is_number(b) && a.real() == b.real());
  }

  static Node choose(const Arguments& arguments) {
    need(arguments, 3, 3);
    require(arguments[0].kind() == Node::Kind::boolean, "needs a bool first, got the {} '{}'", arguments[0].kind_name(),
            python_text(arguments[0]));
    return arguments[0].boolean() ? arguments[1] : arguments[2];
  }

  static Node environment(const Arguments& arguments) {
    need(arguments, 1, 2);
    require(arguments[0].is_string(), "needs the name of a variable, got the {} '{}'", arguments[0].kind_name(),
            python_text(arguments[0]));
    const std::string& name = arguments[0].string();
    if (const char* value = std::getenv(name.c_str())) return Node(value);
    require(arguments.size() == 2, "Environment variable '{}' not found", name);
    return arguments[1].is_null() ? Node() : Node(python_text(arguments[1]));
  }

  static Node create(const Arguments& arguments) {
    need(arguments, 1, 1);
    require(arguments[0].is_list() || arguments[0].is_map(), "needs a list or dict, got the {} '{}'",
            arguments[0].kind_name(), python_text(arguments[0]));
    return arguments[0];
  }

  // One moment for the whole process, so that all uses agree.
  static Node now(const Arguments& arguments) {
    need(arguments, 1, 1);
    static const std::time_t moment = std::time(nullptr);
    std::tm local{};
    localtime_r(&moment, &local);
    char text[512];
    const size_t size = std::strftime(text, sizeof text, arguments[0].string().c_str(), &local);
    return Node(std::string(text, size));
  }
};

std::map<std::string, Resolver>& resolver_table() {
  static std::map<std::string, Resolver> table = {
      {"add", Builtins::add},
      {"div", Builtins::div},
      {"eq", [](const Arguments& a) { return Builtins::need(a, 2, 2), Node(Builtins::equal(a[0], a[1])); }},
      {"floordiv", Builtins::floordiv},
      {"if", Builtins::choose},
      {"len", Builtins::len},
      {"max", [](const Arguments& a) { return Builtins::extreme(a, true); }},
      {"min", [](const Arguments& a) { return Builtins::extreme(a, false); }},
      {"mul", Builtins::mul},
      {"now", Builtins::now},
      {"oc.create", Builtins::create},
      {"oc.env", Builtins::environment},
      {"range", Builtins::range},
      {"sub", Builtins::sub},
  };
  return table;
}

}  // namespace

const Resolver* find_resolver(const std::string& name) {
  const auto found = resolver_table().find(name);
  return found == resolver_table().end() ? nullptr : &found->second;
}

std::vector<std::string> resolver_names() {
  std::vector<std::string> names;
  for (const auto& [name, function] : resolver_table()) names.push_back(name);
  return names;
}

void register_resolver(const std::string& name, Resolver function) {
  require(!find_resolver(name), "the resolver '{}' is registered twice", name);
  resolver_table().emplace(name, std::move(function));
}

}  // namespace lx::config
