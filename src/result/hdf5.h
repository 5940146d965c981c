// Thin ownership over the HDF5 C library: files, groups, datasets, attributes, dimension scales.
// HDF5's own messages are never printed; every failure is an Error that names the file and the object.
#pragma once

#include "base/files.h"

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lx::hdf5 {

using Shape = std::vector<int64_t>;

template <class T>
concept Element = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, int64_t> ||
    std::same_as<T, int32_t> || std::same_as<T, uint8_t>;

/// Owns one HDF5 identifier (hid_t).
class Handle {
 public:
  Handle() = default;
  Handle(int64_t id, int (*close)(int64_t)) : id_(id), close_(close) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept;
  Handle& operator=(Handle&& other) noexcept;
  int64_t id() const { return id_; }
  void reset();

 private:
  int64_t id_ = -1;
  int (*close_)(int64_t) = nullptr;
};

/// Something that can carry attributes. Strings are variable-length UTF-8, so that Python reads them as str.
class Object {
 public:
  void set(const std::string& name, std::string_view value);
  void set(const std::string& name, const char* value) { set(name, std::string_view(value)); }
  void set(const std::string& name, int64_t value);
  void set(const std::string& name, double value);
  void set(const std::string& name, std::span<const std::string> values);
  void set(const std::string& name, std::span<const int64_t> values);
  void set(const std::string& name, std::span<const uint8_t> values);

  bool has_attribute(const std::string& name) const;
  std::string text(const std::string& name) const;
  int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  std::vector<std::string> texts(const std::string& name) const;
  std::vector<std::string> attribute_names() const;  // in the order of creation

  /// "results/a/run.h5:/eval/loss", for messages.
  const std::string& where() const { return where_; }
  int64_t id() const { return handle_.id(); }

 protected:
  Object() = default;
  Object(Handle handle, std::string where) : handle_(std::move(handle)), where_(std::move(where)) {}
  Handle handle_;
  std::string where_;
};

class Dataset : public Object {
 public:
  Dataset(Handle handle, std::string where) : Object(std::move(handle), std::move(where)) {}
  Shape shape() const;
  int64_t length() const;  // of a one-dimensional dataset
  template <Element T>
  std::vector<T> read() const;  // converts numbers when the stored type differs
  std::vector<std::string> read_strings() const;

  /// Makes this one-dimensional dataset a dimension scale (a coordinate) called `name`.
  void make_scale(const std::string& name);
  /// Names the dimensions of this dataset by their scales, first dimension first.
  void attach(std::span<const Dataset* const> scales);
};

class Group : public Object {
 public:
  Group(Handle handle, std::string where) : Object(std::move(handle), std::move(where)) {}
  /// Makes a group inside this one, or opens it.
  Group make(const std::string& name);
  Group group(const std::string& name) const;
  bool has(const std::string& name) const;
  std::vector<std::string> names() const;  // in the order of creation

  /// An empty shape is a scalar. Datasets beyond 16 KiB are chunked, shuffled and deflated.
  template <Element T>
  Dataset write(const std::string& name, std::span<const T> values, const Shape& shape);
  template <Element T>
  Dataset write(const std::string& name, const std::vector<T>& values) {
    return write<T>(name, std::span<const T>(values), {static_cast<int64_t>(values.size())});
  }
  Dataset write_strings(const std::string& name, std::span<const std::string> values, const Shape& shape);
  Dataset dataset(const std::string& name) const;

 protected:
  Group() = default;
};

/// A file is built in memory and then handed out whole, so that it reaches the disk by lx's own complete-or-absent
/// writing; reading goes to the disk directly.
class File : public Group {
 public:
  /// `name` stands in messages.
  static File in_memory(const std::string& name);
  /// The finished file's bytes.
  std::string image();
  /// Throws Error with one sentence when the file is missing, no HDF5 file, or cut short.
  static File open(const fs::path& path);

 private:
  File(Handle file, Handle root, std::string name);
  Handle file_;
  std::string name_;
};

}  // namespace lx::hdf5
