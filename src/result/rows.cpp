#include "result/rows.h"

#include "base/error.h"
#include "base/text.h"
#include "result/layout.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

namespace lx {
namespace {

using config::Node;

/// A file that grows line by line and is put in place whole.
class RowFile {
 public:
  explicit RowFile(const fs::path& path) : path_(path), pending_(path), file_(nullptr, &std::fclose) {
    file_.reset(std::fopen(pending_.part().c_str(), "wbe"));
    check(file_ != nullptr);
  }
  void line(const std::string& text) {
    check(std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size() && std::fputc('\n', file_.get()) != EOF);
  }
  void commit() {
    check(std::fflush(file_.get()) == 0);
    file_.reset();
    pending_.commit();
  }

 private:
  void check(bool fine) const { require(fine, "cannot write {}: {}", path_.string(), std::strerror(errno)); }
  fs::path path_;
  PendingFile pending_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string csv_value(const Node& value) {
  if (value.is_null()) return "";
  if (value.kind() == Node::Kind::boolean) return value.boolean() ? "True" : "False";  // as pandas writes them
  if (value.kind() == Node::Kind::integer) return std::to_string(value.integer());
  if (value.kind() == Node::Kind::real) return std::isnan(value.real()) ? "" : format_double(value.real());
  return csv_text(coordinate_text(value));
}

// JSON as others read it: what is not finite is null.
std::string json_of(const Node& value) {
  if (value.kind() == Node::Kind::real && !std::isfinite(value.real())) return "null";
  return to_json(value);
}

struct RowWriter {
  const Gathered& data;
  const Grid& grid;
  RowFile csv, jsonl;
  std::vector<std::string> header{}, quoted{};
  bool length_swept = false;

  void begin() {
    for (const GridAxis& axis : grid.axes) {
      header.push_back(axis.name);
      length_swept = length_swept || axis.name == "trained_length";
    }
    if (!length_swept) header.emplace_back("trained_length");
    for (const char* name : {"text", "variant", "length", "multiple"}) header.emplace_back(name);
    for (const layout::EvalColumn& column : layout::eval_columns()) header.emplace_back(column.name);
    for (const char* name : {"documents", "tokens", "cell", "run"}) header.emplace_back(name);
    for (const std::string& name : header) quoted.push_back(to_json(Node(name)));
    csv.line(join(header, ","));
  }

  // A cell's coordinates: of one type a column for CSV, as configured for JSON.
  void coordinates(size_t cell, std::vector<Node>& plain, std::vector<Node>& typed) const {
    for (const GridAxis& axis : grid.axes) {
      plain.push_back(axis.values[axis.of_cell[cell]]);
      typed.push_back(axis.key == "seed" ? plain.back() : Node());
      for (const auto& [key, value] : data.cells[cell].coordinates) {
        if (key == axis.key && key != "seed") typed.back() = value;
      }
    }
  }

  int64_t cell(size_t index) {
    const RunRecord& run = data.runs[index]->record;
    std::vector<Node> plain, typed;
    coordinates(index, plain, typed);
    const EvalTable& table = run.eval->table;
    int64_t rows = 0;
    for (size_t t = 0; t < table.texts.size(); ++t) {
      for (size_t v = 0; v < table.variants.size(); ++v) {
        for (size_t l = 0; l < table.lengths.size(); ++l, ++rows) {
          const EvalCell& numbers = table.at(t, v, l);
          std::vector<Node> rest;
          if (!length_swept) rest.emplace_back(run.trained_length);
          rest.insert(rest.end(), {Node(table.texts[t]), Node(table.variants[v]), Node(table.lengths[l])});
          rest.emplace_back(static_cast<double>(table.lengths[l]) / static_cast<double>(run.trained_length));
          for (const layout::EvalColumn& column : layout::eval_columns()) rest.emplace_back(numbers.*(column.member));
          rest.insert(rest.end(), {Node(numbers.documents), Node(numbers.tokens), Node(data.cells[index].number),
                                   Node(run.run_id)});
          write(plain, typed, rest);
        }
      }
    }
    return rows;
  }

  void write(const std::vector<Node>& plain, const std::vector<Node>& typed, const std::vector<Node>& rest) {
    std::string text, object = "{";
    for (size_t i = 0; i < header.size(); ++i) {
      const size_t swept = plain.size();
      text += (i ? "," : "") + csv_value(i < swept ? plain[i] : rest[i - swept]);
      object += (i ? ", " : "") + quoted[i] + ": " + json_of(i < swept ? typed[i] : rest[i - swept]);
    }
    csv.line(text);
    jsonl.line(object + "}");
  }
};

}  // namespace

int64_t write_rows(const fs::path& csv, const fs::path& jsonl, const Gathered& data, const Grid& grid) {
  RowWriter writer{data, grid, RowFile(csv), RowFile(jsonl)};
  writer.begin();
  int64_t rows = 0;
  for (size_t i = 0; i < data.cells.size(); ++i) {
    if (data.runs[i] && data.runs[i]->record.eval) rows += writer.cell(i);
  }
  writer.csv.commit();
  writer.jsonl.commit();
  return rows;
}

}  // namespace lx
