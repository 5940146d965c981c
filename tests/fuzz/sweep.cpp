// libFuzzer target: any bytes read as the override of a sweep.
#include "fuzz/laws.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  try {
    lx::config::laws::sweep_law(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const lx::Error&) {
  }
  return 0;
}
