#include "attention/tile_loops.h"

#include "base/simd.h"

namespace lx {

namespace plain {
extern const TileLoops tile_loop_table;
}
#ifdef LX_SIMD_WIDE
namespace avx512 {
extern const TileLoops tile_loop_table;
}
#endif

const TileLoops& tile_loops() {
#ifdef LX_SIMD_WIDE
  return pick(plain::tile_loop_table, avx512::tile_loop_table);
#else
  return plain::tile_loop_table;
#endif
}

}  // namespace lx
