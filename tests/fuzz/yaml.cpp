// libFuzzer target: any bytes read as a YAML file.
#include "fuzz/laws.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  try {
    lx::config::laws::yaml_law(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const lx::Error&) {
  }
  return 0;
}
