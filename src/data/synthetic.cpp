#include "data/synthetic.h"

#include "base/random.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>
#include <string_view>
#include <vector>

namespace lx {
namespace {

constexpr std::array<std::string_view, 20> kSyllables{"ba", "den", "fi", "gor", "hal", "ka",  "lo",
                                                      "mi", "nar", "os", "pel", "ra",  "sun", "ti",
                                                      "ul", "ven", "wi", "yor", "zem", "ek"};
constexpr std::array<std::string_view, 8> kTrades{"miller", "weaver",  "smith", "fisher",
                                                  "baker",  "scholar", "guard", "painter"};
constexpr std::array<std::string_view, 8> kColours{"red", "blue", "green", "grey", "white", "black", "golden", "brown"};
constexpr std::array<std::string_view, 8> kThings{"lamp", "book", "ring", "coin", "flute", "knife", "map", "mirror"};
constexpr std::array<std::string_view, 8> kKeepers{"chest",  "tower", "cellar", "garden",
                                                   "stable", "mill",  "well",   "library"};

// One document: a cast of invented names, facts about them, and a teller that states and retells.
class Chronicle {
 public:
  explicit Chronicle(Random random) : random_(random) {
    for (int i = 0; i < 8; ++i) people_.push_back(invented_name(2));
    for (int i = 0; i < 5; ++i) places_.push_back(invented_name(3));
    refrain_ = fmt::format("So sang the people of {}: {} and {}, {} and {}, the river knows your names.\n",
                           one_of(places_), invented_name(2), invented_name(2), invented_name(3), invented_name(2));
  }

  std::string tell(size_t length) {
    std::string text = fmt::format("The chronicle of {} and {}\n", places_[0], people_[0]);
    int chapter = 0;
    while (text.size() < length) {
      text += fmt::format("\nChapter {}\n", ++chapter);
      const uint64_t sentences = 8 + random_.below(17);
      for (uint64_t i = 0; i < sentences && text.size() < length; ++i) text += sentence();
    }
    text.resize(length - 1);
    return text + "\n";
  }

 private:
  std::string one_of(std::span<const std::string_view> words) {
    return std::string(words[random_.below(words.size())]);
  }
  std::string one_of(const std::vector<std::string>& words) { return words[random_.below(words.size())]; }

  std::string invented_name(int syllables) {
    std::string name;
    for (int i = 0; i < syllables; ++i) name += one_of(kSyllables);
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return name;
  }

  // A fact is drawn once and then only repeated: nothing but the document's past tells how it ends.
  std::string fact() {
    std::string told;
    switch (random_.below(4)) {
      case 0: {
        std::string word;
        for (int i = 0; i < 8; ++i) word += static_cast<char>('a' + random_.below(26));
        told = fmt::format("the pass word of {} is {}", one_of(people_), word);
        break;
      }
      case 1:
        told = fmt::format("{} the {} of {} keeps a {} {} in the {}", one_of(people_), one_of(kTrades), one_of(places_),
                           one_of(kColours), one_of(kThings), one_of(kKeepers));
        break;
      case 2:
        told = fmt::format("{} walked {} miles from {} to {}", one_of(people_), 2 + random_.below(900), one_of(places_),
                           one_of(places_));
        break;
      default:
        told = fmt::format("{} owes {} {} coins to {}", one_of(people_), one_of(kColours), 2 + random_.below(9000),
                           one_of(people_));
    }
    facts_.push_back(told);
    return told;
  }

  std::string sentence() {
    const uint64_t kind = random_.below(10);
    if (facts_.size() < 3 || kind < 4) return fmt::format("It is told that {}.\n", fact());
    const std::string old = one_of(facts_);  // any earlier fact, however far back
    if (kind < 7) return fmt::format("Remember that {}.\n", old);
    if (kind < 9) return fmt::format("{} said that {} had heard that {}.\n", one_of(people_), one_of(people_), old);
    return refrain_;
  }

  Random random_;
  std::vector<std::string> people_, places_, facts_;
  std::string refrain_;
};

}  // namespace

void make_synthetic_documents(const SyntheticConfig& config,
                              const std::function<void(std::string, std::string)>& take) {
  const Random random = Random(static_cast<uint64_t>(config.seed)).fork("synthetic");
  const double ratio = static_cast<double>(config.longest) / static_cast<double>(config.shortest);
  int64_t total = 0;
  for (uint64_t i = 0; total < config.bytes; ++i) {
    // Multiples of the golden ratio fill [0, 1) evenly from the first document on, beginning with long ones.
    const double along = std::fmod(0.9 + 0.6180339887498949 * static_cast<double>(i), 1.0);
    const auto length = static_cast<int64_t>(static_cast<double>(config.shortest) * std::pow(ratio, along));
    take(fmt::format("chronicle/{:06}", i), Chronicle(random.fork(i)).tell(static_cast<size_t>(length)));
    total += length;
  }
}

}  // namespace lx
