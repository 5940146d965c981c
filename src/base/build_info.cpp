// Constants from the build system. The only file that is compiled again when the commit changes.
#include "base/build_info.h"

#include "build_info.gen.h"

namespace lx::build_info {

std::string_view version() { return LX_VERSION; }
std::string_view commit() { return LX_COMMIT; }
std::string_view state() { return LX_STATE; }
std::string_view compiler() { return LX_COMPILER; }
std::string_view flags() { return LX_FLAGS; }

}  // namespace lx::build_info
