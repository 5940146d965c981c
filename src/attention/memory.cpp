// Memories that grow, and memories by row: some rows of one, and one out of many.
#include "attention/memory.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace lx {
namespace {

struct MemoryRows {
  static Tensor pick(const Tensor& x, const Tensor& rows) {
    return x.defined() ? x.index_select(0, rows.to(x.device())) : x;
  }

  static Tensor joined(const std::vector<Memory>& rows, Tensor Memory::*part) {
    if (!(rows.front().*part).defined()) return {};
    std::vector<Tensor> all;
    for (const Memory& row : rows) all.push_back(row.*part);
    return at::cat(all, 0);
  }

  static bool alike(const std::vector<Memory>& rows) {
    return std::all_of(rows.begin(), rows.end(), [&](const Memory& row) { return row.length == rows.front().length; });
  }

  /// The same part of every row's memory.
  static std::vector<Memory> each(const std::vector<Memory>& rows, std::vector<Memory> Memory::*part, size_t i) {
    std::vector<Memory> all;
    for (const Memory& row : rows) all.push_back((row.*part)[i]);
    return all;
  }

  static Tensor padded(const std::vector<Memory>& rows, Tensor Memory::*part, int64_t length) {
    const Memory& longest = *std::find_if(rows.begin(), rows.end(), [](const Memory& row) { return row.length > 0; });
    std::vector<int64_t> sizes = (longest.*part).sizes().vec();
    sizes[0] = static_cast<int64_t>(rows.size());
    sizes[2] = length;
    Tensor all = at::zeros(sizes, (longest.*part).options());
    for (size_t row = 0; row < rows.size(); ++row)
      if (rows[row].length > 0)
        all.narrow(0, static_cast<int64_t>(row), 1).narrow(2, 0, rows[row].length).copy_(rows[row].*part);
    return all;
  }

  /// Of sources, which queries read as one batch whatever their lengths.
  static Memory sources(const std::vector<Memory>& rows) {
    Memory all;
    std::vector<int64_t> lengths;
    for (const Memory& row : rows) lengths.push_back(row.length);
    all.length = *std::max_element(lengths.begin(), lengths.end());
    if (all.length == 0) return all;
    all.key = padded(rows, &Memory::key, all.length);
    all.value = padded(rows, &Memory::value, all.length);
    if (!alike(rows)) all.lengths = at::tensor(lengths, at::kLong);
    return all;
  }
};

struct RoomKeeper {
  static bool alike(const Tensor& room, const Tensor& x) {
    return room.size(0) == x.size(0) && room.size(1) == x.size(1) && room.size(3) == x.size(3) &&
           room.scalar_type() == x.scalar_type();
  }

  /// Room behind these tokens for half as many again, with the tokens copied into it.
  static Tensor wider(const Tensor& x, int64_t length) {
    Tensor room = at::empty({x.size(0), x.size(1), length + length / 2 + 16, x.size(3)}, x.options());
    room.narrow(2, 0, x.size(2)).copy_(x);
    return room;
  }

  static void make(Memory& memory, int64_t length) {
    MemoryRoom& room = *(memory.room = std::make_shared<MemoryRoom>());
    room.key = wider(memory.key, length);
    room.value = wider(memory.value, length);
    room.used = memory.length;
  }

  static bool fits(const Memory& memory, int64_t length, const Tensor& key, const Tensor& value) {
    const MemoryRoom* room = memory.room.get();
    return room && room->used == memory.length && length <= room->key.size(2) && alike(room->key, key) &&
           alike(room->value, value);
  }
};

}  // namespace

void append(Memory& memory, const Tensor& key, const Tensor& value) {
  const int64_t before = memory.length, length = before + key.size(2);
  if (!memory.key.defined()) {
    memory.key = key;
    memory.value = value;
  } else if (at::GradMode::is_enabled()) {
    memory.key = at::cat({memory.key, key}, 2);
    memory.value = at::cat({memory.value, value}, 2);
    memory.room.reset();
  } else {
    if (!RoomKeeper::fits(memory, length, key, value)) RoomKeeper::make(memory, length);
    MemoryRoom& room = *memory.room;
    room.key.narrow(2, before, key.size(2)).copy_(key);
    room.value.narrow(2, before, value.size(2)).copy_(value);
    room.used = length;
    memory.key = room.key.narrow(2, 0, length);
    memory.value = room.value.narrow(2, 0, length);
  }
  memory.length = length;
}

Memory select(const Memory& memory, const Tensor& rows) {
  Memory some;
  some.key = MemoryRows::pick(memory.key, rows);
  some.value = MemoryRows::pick(memory.value, rows);
  some.decay = MemoryRows::pick(memory.decay, rows);
  some.lengths = MemoryRows::pick(memory.lengths, rows);
  some.length = memory.length;
  for (const Memory& group : memory.groups) some.groups.push_back(select(group, rows));
  for (const Memory& source : memory.cross) some.cross.push_back(select(source, rows));
  if (memory.rows.empty()) return some;
  const auto* number = rows.data_ptr<int64_t>();
  for (int64_t i = 0; i < rows.numel(); ++i) some.rows.push_back(memory.rows.at(static_cast<size_t>(number[i])));
  return some;
}

Memory batch_of(const std::vector<Memory>& rows) {
  Memory all;
  if (MemoryRows::alike(rows)) {
    all.key = MemoryRows::joined(rows, &Memory::key);
    all.value = MemoryRows::joined(rows, &Memory::value);
    all.decay = MemoryRows::joined(rows, &Memory::decay);
    all.length = rows.front().length;
    for (size_t g = 0; g < rows.front().groups.size(); ++g)
      all.groups.push_back(batch_of(MemoryRows::each(rows, &Memory::groups, g)));
  } else {
    all.rows = rows;
    for (Memory& row : all.rows) row.cross.clear();
  }
  if (!rows.front().cross.empty()) all.cross.push_back(MemoryRows::sources(MemoryRows::each(rows, &Memory::cross, 0)));
  return all;
}

}  // namespace lx
