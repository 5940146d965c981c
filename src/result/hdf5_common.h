// Helpers shared by the two halves of the HDF5 wrapper; only hdf5*.cpp include this.
#pragma once

#include "result/hdf5.h"

#include <hdf5.h>

#include <span>
#include <string>
#include <vector>

namespace lx::hdf5 {

/// Why the last call failed, in HDF5's or the system's words; empties HDF5's error stack.
std::string hdf5_reason();
/// Throw Error "cannot write|read <where>: <reason>" when an HDF5 call returned a negative number.
void check_write(int64_t status, const std::string& where);
void check_read(int64_t status, const std::string& where);

Handle string_type();                   // variable length, UTF-8
Handle make_space(const Shape& shape);  // an empty shape is a scalar
int64_t count_of(const Shape& shape);
int64_t points_of(int64_t space);

std::vector<const char*> pointers(std::span<const std::string> values);
/// Copies variable-length strings out and gives HDF5's memory back.
std::vector<std::string> take_strings(std::vector<char*>& raw, int64_t type, int64_t space);
void require_strings(int64_t type, const std::string& where);

/// Collects names while HDF5 iterates.
struct NameList {
  std::vector<std::string> names;
  static herr_t add_link(hid_t, const char* name, const H5L_info_t*, void* out) {
    static_cast<NameList*>(out)->names.emplace_back(name);
    return 0;
  }
  static herr_t add_attribute(hid_t, const char* name, const H5A_info_t*, void* out) {
    static_cast<NameList*>(out)->names.emplace_back(name);
    return 0;
  }
};

}  // namespace lx::hdf5
