#include "data/manifest.h"

#include "base/error.h"
#include "config/yaml.h"
#include "data/tokenizer.h"

#include <algorithm>
#include <regex>

namespace lx {

std::vector<std::string> alternatives(const std::string& package) {
  std::vector<std::string> all;
  for (const std::string& word : lx::split(package, '|')) all.emplace_back(trim(word));
  return all;
}

void check(const CorpusConfig& corpus) {
  const std::string& name = corpus.name;
  require(!name.empty(), "data.name is empty: give the corpus a name");
  require(name.find_first_of("/ \t\n") == std::string::npos && name[0] != '.',
          "the corpus name '{}' cannot be a folder's name: use letters, digits, '-' and '_'", name);
  const int sources = !corpus.parts.empty() + !corpus.path.empty() + corpus.synthetic.has_value();
  require(sources != 0,
          "the corpus '{}' has no text: give data.path=FOLDER (or a file or a pattern), or choose another corpus, for "
          "example data=synthetic",
          name);
  require(sources == 1, "the corpus '{}' must have one source of text: parts, path or synthetic, not several", name);
  std::vector<std::string> part_names;
  for (const PartConfig& part : corpus.parts) {
    require(!part.name.empty() && !part.package.empty() && !part.files.empty(),
            "the corpus '{}': each of its parts needs name, package and files", name);
    require(std::find(part_names.begin(), part_names.end(), part.name) == part_names.end(),
            "the corpus '{}' has two parts called '{}'", name, part.name);
    require(part.members.empty() || !part.archive.empty(), "the corpus '{}': the part '{}' has members but no archive",
            name, part.name);
    for (const std::string& package : alternatives(part.package)) {
      require(!package.empty() && package[0] != '-', "the corpus '{}': '{}' is not a list of packages such as 'a | b'",
              name, part.package);
    }
    part_names.push_back(part.name);
  }
  const SplitConfig& split = corpus.split;
  require(split.valid + split.test < 1,
          "the corpus '{}': split.valid ({}) and split.test ({}) leave nothing to train on", name, split.valid,
          split.test);
  try {
    const std::regex family(split.family);
  } catch (const std::regex_error& error) {
    fail("the corpus '{}': split.family '{}' is not a regular expression: {}", name, split.family, error.what());
  }
  require(corpus.max_bytes == 0 || corpus.max_bytes >= corpus.min_bytes,
          "the corpus '{}': max_bytes ({}) is smaller than min_bytes ({})", name, corpus.max_bytes, corpus.min_bytes);
  if (corpus.synthetic) {
    require(corpus.synthetic->shortest <= corpus.synthetic->longest,
            "the corpus '{}': synthetic.shortest ({}) is larger than synthetic.longest ({})", name,
            corpus.synthetic->shortest, corpus.synthetic->longest);
  }
  make_tokenizer(corpus.tokenizer, fmt::format("the corpus '{}': ", name));
}

namespace {

std::vector<std::string> manifest_names() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(project_folder() / "configs" / "data", error)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

config::Node load_manifest(const std::string& name) {
  config::Node node = config::load_yaml(project_folder() / "configs" / "data" / (name + ".yaml"));
  // How windows are cut belongs to the task that reads the corpus, not to the corpus.
  for (const char* key : {"task", "cross_documents"}) node.map().erase(key);
  return node;
}

}  // namespace

CorpusConfig load_corpus(const std::string& name) {
  const std::vector<std::string> known = manifest_names();
  require(std::find(known.begin(), known.end(), name) != known.end(), "there is no corpus '{}'{} (known: {})", name,
          did_you_mean(name, known), join(known, ", "));
  CorpusConfig corpus = config::read<CorpusConfig>(load_manifest(name), "data");
  check(corpus);
  return corpus;
}

std::vector<CorpusConfig> load_all_corpora() {
  std::vector<CorpusConfig> all;
  for (const std::string& name : manifest_names())
    all.push_back(config::read<CorpusConfig>(load_manifest(name), "data"));
  return all;
}

}  // namespace lx
