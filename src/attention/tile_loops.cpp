#include "attention/tile_loops.h"

#include "base/simd.h"

namespace lx {

namespace plain {
extern const TileLoops table;
}
#ifdef LX_SIMD_WIDE
namespace avx512 {
extern const TileLoops table;
}
#endif

const TileLoops& tile_loops() {
#ifdef LX_SIMD_WIDE
  return pick(plain::table, avx512::table);
#else
  return plain::table;
#endif
}

}  // namespace lx
