// libFuzzer target: any bytes read as an override.
#include "fuzz/laws.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  try {
    lx::config::laws::override_law(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const lx::Error&) {
  }
  return 0;
}
