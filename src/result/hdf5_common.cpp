// Helpers shared by the two halves of the HDF5 wrapper: reasons, types, spaces, strings.
#include "result/hdf5_common.h"

#include "base/error.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <type_traits>

namespace lx::hdf5 {

static_assert(std::is_same_v<hid_t, int64_t>, "HDF5 1.10 or newer");

// The innermost message of HDF5's error stack, or the system's words inside it when there are some.
std::string hdf5_reason() {
  std::string found;
  const auto visit = [](unsigned depth, const H5E_error2_t* entry, void* out) -> herr_t {
    if (depth == 0 && entry->desc) *static_cast<std::string*>(out) = entry->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, visit, &found);
  H5Eclear2(H5E_DEFAULT);
  const std::string mark = "error message = '";
  if (const size_t at = found.find(mark); at != std::string::npos) {
    const size_t from = at + mark.size();
    return found.substr(from, found.find('\'', from) - from);
  }
  return found.empty() ? "HDF5 gives no reason" : found;
}

void check_write(int64_t status, const std::string& where) {
  if (status < 0) throw MachineError(fmt::format("cannot write {}: {}", where, hdf5_reason()));
}
void check_read(int64_t status, const std::string& where) {
  if (status < 0) fail("cannot read {}: {}", where, hdf5_reason());
}

Handle string_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

Handle make_space(const Shape& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> size(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose};
}

int64_t count_of(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

int64_t points_of(int64_t space) { return H5Sget_simple_extent_npoints(space); }

std::vector<const char*> pointers(std::span<const std::string> values) {
  std::vector<const char*> out;
  for (const std::string& value : values) out.push_back(value.c_str());
  return out;
}

// Copies variable-length strings out and gives HDF5's memory back.
std::vector<std::string> take_strings(std::vector<char*>& raw, int64_t type, int64_t space) {
  std::vector<std::string> out;
  for (const char* value : raw) out.emplace_back(value ? value : "");
  if (!raw.empty()) H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw.data());
  return out;
}

void require_strings(int64_t type, const std::string& where) {
  require(H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0,
          "{} should hold text (variable-length strings) and does not", where);
}

}  // namespace lx::hdf5
