// Attributes: the words and numbers that explain a dataset, a group or the whole file.
#include "base/error.h"
#include "result/hdf5_common.h"

#include <algorithm>

namespace lx::hdf5 {
namespace {

void write_attribute(int64_t object, const std::string& where, const std::string& name, int64_t type,
                     const Shape& shape, const void* data) {
  const std::string label = where + "@" + name;
  const Handle space = make_space(shape);
  const Handle attribute(H5Acreate2(object, name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check_write(attribute.id(), label);
  check_write(H5Awrite(attribute.id(), type, data), label);
}

Handle open_attribute(int64_t object, const std::string& where, const std::string& name) {
  require(H5Aexists(object, name.c_str()) > 0, "{} has no attribute '{}'", where, name);
  Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  check_read(attribute.id(), where + "@" + name);
  return attribute;
}

}  // namespace

void Object::set(const std::string& name, std::string_view value) {
  const std::string owned(value);
  const char* pointer = owned.c_str();
  write_attribute(id(), where_, name, string_type().id(), {}, &pointer);
}

void Object::set(const std::string& name, int64_t value) {
  write_attribute(id(), where_, name, H5T_NATIVE_INT64, {}, &value);
}

void Object::set(const std::string& name, double value) {
  write_attribute(id(), where_, name, H5T_NATIVE_DOUBLE, {}, &value);
}

void Object::set(const std::string& name, std::span<const std::string> values) {
  std::vector<const char*> raw = pointers(values);
  write_attribute(id(), where_, name, string_type().id(), {static_cast<int64_t>(raw.size())}, raw.data());
}

void Object::set(const std::string& name, std::span<const int64_t> values) {
  write_attribute(id(), where_, name, H5T_NATIVE_INT64, {static_cast<int64_t>(values.size())}, values.data());
}

void Object::set(const std::string& name, std::span<const uint8_t> values) {
  write_attribute(id(), where_, name, H5T_NATIVE_UINT8, {static_cast<int64_t>(values.size())}, values.data());
}

bool Object::has_attribute(const std::string& name) const { return H5Aexists(id(), name.c_str()) > 0; }

std::string Object::text(const std::string& name) const {
  const std::vector<std::string> all = texts(name);
  require(all.size() == 1, "{}@{} should be one text and holds {}", where_, name, all.size());
  return all.front();
}

int64_t Object::integer(const std::string& name) const {
  const Handle attribute = open_attribute(id(), where_, name);
  int64_t value = 0;
  require(points_of(Handle(H5Aget_space(attribute.id()), H5Sclose).id()) == 1, "{}@{} should be one number", where_,
          name);
  check_read(H5Aread(attribute.id(), H5T_NATIVE_INT64, &value), where_ + "@" + name);
  return value;
}

double Object::real(const std::string& name) const {
  const Handle attribute = open_attribute(id(), where_, name);
  double value = 0;
  require(points_of(Handle(H5Aget_space(attribute.id()), H5Sclose).id()) == 1, "{}@{} should be one number", where_,
          name);
  check_read(H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, &value), where_ + "@" + name);
  return value;
}

std::vector<std::string> Object::texts(const std::string& name) const {
  const Handle attribute = open_attribute(id(), where_, name);
  const Handle stored(H5Aget_type(attribute.id()), H5Tclose);
  require_strings(stored.id(), where_ + "@" + name);
  const Handle space(H5Aget_space(attribute.id()), H5Sclose);
  std::vector<char*> raw(static_cast<size_t>(std::max<int64_t>(0, points_of(space.id()))));
  if (raw.empty()) return {};
  const Handle type = string_type();
  check_read(H5Aread(attribute.id(), type.id(), raw.data()), where_ + "@" + name);
  return take_strings(raw, type.id(), space.id());
}

std::vector<std::string> Object::attribute_names() const {
  NameList list;
  if (H5Aiterate2(id(), H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, NameList::add_attribute, &list) < 0) {
    list.names.clear();
    check_read(H5Aiterate2(id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, NameList::add_attribute, &list), where_);
  }
  return list.names;
}

}  // namespace lx::hdf5
