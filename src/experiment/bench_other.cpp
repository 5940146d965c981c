#include "experiment/bench_other.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lx {
namespace {

/// A program that is run to its end: what it printed, and how it ended.
struct BenchProcess {
  std::string output, errors;
  int status = 0;

  explicit BenchProcess(std::vector<std::string> words) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> said(std::tmpfile(), &std::fclose);
    std::array<int, 2> pipe{};
    require_machine(said && ::pipe(pipe.data()) == 0, "cannot start a process: {}", std::strerror(errno));
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, pipe[1], 1);
    ::posix_spawn_file_actions_adddup2(&actions, ::fileno(said.get()), 2);
    ::posix_spawn_file_actions_addclose(&actions, pipe[0]);
    ::posix_spawn_file_actions_addclose(&actions, pipe[1]);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t id = 0;
    const int failed = ::posix_spawn(&id, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    if (failed == 0) output = read(pipe[0]);
    ::close(pipe[0]);
    require(failed == 0, "cannot run {}: {}", words[0], std::strerror(failed));
    while (::waitpid(id, &status, 0) < 0 && errno == EINTR) {
    }
    std::rewind(said.get());
    errors = read(::fileno(said.get()));
  }

  bool succeeded() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }

  /// From "error: ..." on, in one line; else the last thing it said.
  std::string complaint() const {
    const std::vector<std::string> lines = split(trim(errors), '\n');
    for (size_t i = lines.size(); i-- > 0;) {
      if (!lines[i].starts_with("error: ")) continue;
      std::string all = lines[i].substr(7);
      for (size_t more = i + 1; more < lines.size(); ++more) all += " " + std::string(trim(lines[more]));
      return all;
    }
    return lines.back().empty() ? "it ended without a word" : lines.back();
  }

 private:
  static std::string read(int descriptor) {
    std::string all;
    std::array<char, 4096> part{};
    for (ssize_t count = 0; (count = ::read(descriptor, part.data(), part.size())) != 0;) {
      if (count < 0 && errno != EINTR) break;
      if (count > 0) all.append(part.data(), static_cast<size_t>(count));
    }
    return all;
  }
};

struct BothBuilds {
  using Json = nlohmann::json;
  const ConfigRequest& request;
  const BenchOptions& options;
  BenchRecord record;

  std::vector<std::string> words(const std::string& program) const {
    std::vector<std::string> all{program, "bench", "--json", "--rounds=1",
                                 fmt::format("--seconds={}", options.seconds / static_cast<double>(options.rounds))};
    all.insert(all.end(), options.words.begin(), options.words.end());
    all.emplace_back("--");
    all.insert(all.end(), request.overrides.begin(), request.overrides.end());
    return all;
  }

  /// One round of one program. `name` is how its cells are called; empty: this one.
  void round(const std::string& program, const std::string& name, int64_t first_cell) {
    const BenchProcess process(words(program));
    require(process.succeeded(), "{} cannot do this benchmark: {}", name.empty() ? "this lx" : name,
            process.complaint());
    for (const std::string& line : split(trim(process.output), '\n')) {
      try {
        take(Json::parse(line), name, first_cell);
      } catch (const Json::exception&) {
        fail("{} answers lx bench --json in another way than this lx: it is of another time", name);
      }
    }
  }

  void take(const Json& line, const std::string& name, int64_t first_cell) {
    if (line.at("kind") == "cell") {
      take_cell(line, name, first_cell);
    } else if (line.at("kind") == "row") {
      take_row(line, first_cell);
    }
  }

  void take_cell(const Json& line, const std::string& name, int64_t first_cell) {
    const auto at = static_cast<size_t>(first_cell + line.at("cell").get<int64_t>());
    if (record.cells.size() <= at) {
      BenchCell cell;
      cell.label = line.at("label");
      cell.overrides = line.at("overrides").get<std::vector<std::string>>();
      for (const auto& [key, value] : line.at("keys").items()) cell.keys.emplace_back(key, value);
      cell.program = name;
      cell.precision = line.at("precision");
      cell.threads = line.at("threads");
      cell.parameters = line.at("parameters");
      record.cells.push_back(std::move(cell));
    }
    for (const double rate : line.at("roof").get<std::vector<double>>()) record.cells.at(at).roof.push_back(rate);
  }

  void take_row(const Json& line, int64_t first_cell) {
    BenchRow row;
    row.cell = first_cell + line.at("cell").get<int64_t>();
    row.part = line.at("part");
    row.length = line.at("length");
    row.batch = line.at("batch");
    row.tokens = line.at("tokens");
    row.operations = line.at("operations");
    row.memory = line.at("memory");
    BenchRow* known = nullptr;
    for (BenchRow& one : record.rows)
      if (one.cell == row.cell && one.part == row.part && one.length == row.length) known = &one;
    if (!known) known = &record.rows.emplace_back(std::move(row));
    for (const double seconds : line.at("seconds").get<std::vector<double>>()) known->seconds.push_back(seconds);
  }
};

}  // namespace

BenchRecord bench_both(const ConfigRequest& request, const BenchOptions& options) {
  BothBuilds both{request, options, {}};
  BenchRecord& record = both.record;
  record.rounds = options.rounds;
  const std::string self = fs::read_symlink("/proc/self/exe").string(), other = options.other.string();
  int64_t behind = 0;
  for (int64_t r = 0; r < options.rounds; ++r) {
    log::info("round {} of {}", r + 1, options.rounds);
    const auto own_turn = [&] { both.round(self, "", 0); };
    const auto other_turn = [&] { both.round(other, other, behind); };
    if (r == 0) {
      own_turn();
      behind = static_cast<int64_t>(record.cells.size());
      other_turn();
      require(static_cast<int64_t>(record.cells.size()) == 2 * behind, "{} makes {} cells of these words, this lx {}",
              other, static_cast<int64_t>(record.cells.size()) - behind, behind);
    } else if (r % 2 == 1) {  // who comes first has the warmer, or the colder, machine
      other_turn();
      own_turn();
    } else {
      own_turn();
      other_turn();
    }
  }
  for (int64_t i = 0; i < behind; ++i) record.cells[static_cast<size_t>(i)].reference = behind + i;
  return std::move(record);
}

}  // namespace lx
