// Files, groups and datasets over the HDF5 C library.
#include "base/error.h"
#include "result/hdf5_common.h"

#include <hdf5_hl.h>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace lx::hdf5 {
namespace {

template <class T>
hid_t native_type() {
  if constexpr (std::is_same_v<T, float>)
    return H5T_NATIVE_FLOAT;
  else if constexpr (std::is_same_v<T, double>)
    return H5T_NATIVE_DOUBLE;
  else if constexpr (std::is_same_v<T, int64_t>)
    return H5T_NATIVE_INT64;
  else if constexpr (std::is_same_v<T, int32_t>)
    return H5T_NATIVE_INT32;
  else
    return H5T_NATIVE_UINT8;
}

// Creation order keeps columns as written; no times, so that equal content is an equal file.
Handle creation_properties(int64_t kind) {
  Handle properties(H5Pcreate(kind), H5Pclose);
  H5Pset_obj_track_times(properties.id(), false);
  H5Pset_attr_creation_order(properties.id(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  return properties;
}

void silence() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

constexpr int64_t kCompressFrom = 16 << 10;  // bytes
constexpr int64_t kChunkBytes = 1 << 20;

// Whole trailing dimensions as long as they fit a chunk.
std::vector<hsize_t> chunk_of(const Shape& shape, int64_t element_bytes) {
  std::vector<hsize_t> chunk(shape.size(), 1);
  int64_t room = std::max<int64_t>(1, kChunkBytes / element_bytes);
  for (size_t i = shape.size(); i-- > 0 && room > 0;) {
    const int64_t taken = std::clamp<int64_t>(shape[i], 1, room);
    chunk[i] = static_cast<hsize_t>(taken);
    room /= taken;
  }
  return chunk;
}

Handle dataset_properties(const Shape& shape, int64_t element_bytes) {
  Handle properties = creation_properties(H5P_DATASET_CREATE);
  if (!shape.empty() && count_of(shape) * element_bytes > kCompressFrom) {
    const std::vector<hsize_t> chunk = chunk_of(shape, element_bytes);
    H5Pset_chunk(properties.id(), static_cast<int>(chunk.size()), chunk.data());
    H5Pset_shuffle(properties.id());
    H5Pset_deflate(properties.id(), 4);
  }
  return properties;
}

Handle group_properties(int64_t kind) {
  Handle properties = creation_properties(kind);
  H5Pset_link_creation_order(properties.id(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  return properties;
}

}  // namespace

Handle::Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = std::exchange(other.id_, -1);
    close_ = other.close_;
  }
  return *this;
}

void Handle::reset() {
  if (id_ >= 0 && close_) close_(id_);
  id_ = -1;
}

Shape Dataset::shape() const {
  const Handle space(H5Dget_space(id()), H5Sclose);
  const int dimensions = H5Sget_simple_extent_ndims(space.id());
  check_read(dimensions, where_);
  std::vector<hsize_t> size(static_cast<size_t>(dimensions));
  H5Sget_simple_extent_dims(space.id(), size.data(), nullptr);
  return Shape(size.begin(), size.end());
}

int64_t Dataset::length() const {
  const Shape size = shape();
  require(size.size() == 1, "{} should have one dimension and has {}", where_, size.size());
  return size.front();
}

template <Element T>
std::vector<T> Dataset::read() const {
  std::vector<T> values(static_cast<size_t>(count_of(shape())));
  if (values.empty()) return values;
  check_read(H5Dread(id(), native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), where_);
  return values;
}

std::vector<std::string> Dataset::read_strings() const {
  const Handle stored(H5Dget_type(id()), H5Tclose);
  require_strings(stored.id(), where_);
  std::vector<char*> raw(static_cast<size_t>(count_of(shape())));
  if (raw.empty()) return {};
  const Handle type = string_type();
  const Handle space(H5Dget_space(id()), H5Sclose);
  check_read(H5Dread(id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()), where_);
  return take_strings(raw, type.id(), space.id());
}

void Dataset::make_scale(const std::string& name) { check_write(H5DSset_scale(id(), name.c_str()), where_); }

void Dataset::attach(std::span<const Dataset* const> scales) {
  for (size_t i = 0; i < scales.size(); ++i) {
    check_write(H5DSattach_scale(id(), scales[i]->id(), static_cast<unsigned>(i)), where_);
  }
}

Group Group::make(const std::string& name) {
  if (has(name)) return group(name);
  const Handle properties = group_properties(H5P_GROUP_CREATE);
  Handle made(H5Gcreate2(id(), name.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Gclose);
  check_write(made.id(), where_ + "/" + name);
  return {std::move(made), where_ + "/" + name};
}

Group Group::group(const std::string& name) const {
  require(has(name), "{} has no group '{}'", where_, name);
  Handle opened(H5Gopen2(id(), name.c_str(), H5P_DEFAULT), H5Gclose);
  check_read(opened.id(), where_ + "/" + name);
  return {std::move(opened), where_ + "/" + name};
}

bool Group::has(const std::string& name) const { return H5Lexists(id(), name.c_str(), H5P_DEFAULT) > 0; }

std::vector<std::string> Group::names() const {
  NameList list;
  if (H5Literate(id(), H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, NameList::add_link, &list) < 0) {
    list.names.clear();
    check_read(H5Literate(id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, NameList::add_link, &list), where_);
  }
  return list.names;
}

template <Element T>
Dataset Group::write(const std::string& name, std::span<const T> values, const Shape& shape) {
  const std::string label = where_ + "/" + name;
  require(count_of(shape) == static_cast<int64_t>(values.size()), "{}: {} values do not fill a shape of {}", label,
          values.size(), count_of(shape));
  const Handle space = make_space(shape);
  const Handle properties = dataset_properties(shape, sizeof(T));
  Handle made(H5Dcreate2(id(), name.c_str(), native_type<T>(), space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
              H5Dclose);
  check_write(made.id(), label);
  if (!values.empty()) {
    check_write(H5Dwrite(made.id(), native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), label);
  }
  return {std::move(made), label};
}

Dataset Group::write_strings(const std::string& name, std::span<const std::string> values, const Shape& shape) {
  const std::string label = where_ + "/" + name;
  require(count_of(shape) == static_cast<int64_t>(values.size()), "{}: {} texts do not fill a shape of {}", label,
          values.size(), count_of(shape));
  const Handle type = string_type();
  const Handle space = make_space(shape);
  const Handle properties = dataset_properties(shape, 0);
  Handle made(H5Dcreate2(id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
              H5Dclose);
  check_write(made.id(), label);
  const std::vector<const char*> raw = pointers(values);
  if (!raw.empty()) {
    check_write(H5Dwrite(made.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()), label);
  }
  return {std::move(made), label};
}

Dataset Group::dataset(const std::string& name) const {
  require(has(name), "{} has no dataset '{}'", where_, name);
  Handle opened(H5Dopen2(id(), name.c_str(), H5P_DEFAULT), H5Dclose);
  check_read(opened.id(), where_ + "/" + name);
  return {std::move(opened), where_ + "/" + name};
}

template std::vector<float> Dataset::read<float>() const;
template std::vector<double> Dataset::read<double>() const;
template std::vector<int64_t> Dataset::read<int64_t>() const;
template std::vector<int32_t> Dataset::read<int32_t>() const;
template std::vector<uint8_t> Dataset::read<uint8_t>() const;
template Dataset Group::write<float>(const std::string&, std::span<const float>, const Shape&);
template Dataset Group::write<double>(const std::string&, std::span<const double>, const Shape&);
template Dataset Group::write<int64_t>(const std::string&, std::span<const int64_t>, const Shape&);
template Dataset Group::write<int32_t>(const std::string&, std::span<const int32_t>, const Shape&);
template Dataset Group::write<uint8_t>(const std::string&, std::span<const uint8_t>, const Shape&);

File::File(Handle file, Handle root, std::string name) : file_(std::move(file)), name_(std::move(name)) {
  handle_ = std::move(root);
  where_ = name_ + ":";
}

File File::in_memory(const std::string& name) {
  silence();
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access.id(), 1 << 20, false);
  const Handle properties = group_properties(H5P_FILE_CREATE);
  Handle file(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, properties.id(), access.id()), H5Fclose);
  check_write(file.id(), name);
  Handle root(H5Gopen2(file.id(), "/", H5P_DEFAULT), H5Gclose);
  check_write(root.id(), name);
  return {std::move(file), std::move(root), name};
}

std::string File::image() {
  check_write(H5Fflush(file_.id(), H5F_SCOPE_LOCAL), name_);
  const ssize_t size = H5Fget_file_image(file_.id(), nullptr, 0);
  check_write(size, name_);
  std::string bytes(static_cast<size_t>(size), '\0');
  check_write(H5Fget_file_image(file_.id(), bytes.data(), bytes.size()), name_);
  return bytes;
}

File File::open(const fs::path& path) {
  silence();
  const std::string name = shown(path);
  { const MappedFile readable(path); }  // says plainly when it is missing or forbidden
  require(H5Fis_hdf5(path.c_str()) > 0, "{} is not an HDF5 file", name);
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_file_locking(access.id(), false, true);  // files are never changed in place, and some file systems cannot lock
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose);
  if (file.id() < 0) {
    fail("{} is damaged or cut short ({}); run the experiment again to write it anew", name, hdf5_reason());
  }
  Handle root(H5Gopen2(file.id(), "/", H5P_DEFAULT), H5Gclose);
  check_read(root.id(), name);
  return {std::move(file), std::move(root), name};
}

}  // namespace lx::hdf5
