// Does the BLAS multiply correctly on this processor? Some versions of OpenBLAS pick kernels on newer processors that
// compute wrongly or crash; silently wrong numbers are the worst a laboratory can produce.
#pragma once

namespace lx {

/// Compares a few matrix products with sums written out, in a child process, since a wrong kernel may also crash.
/// A few milliseconds. Call it before the first parallel region.
bool blas_is_sound();
/// Some versions of OpenBLAS compute wrongly, or crash, with the kernels they pick on newer processors. If it does so
/// here this says it, starts the program again with OPENBLAS_CORETYPE=Haswell and does not return. Throws Error when
/// that was tried, or when the user has chosen the kernels himself. `argv` is that of main().
void ensure_sound_blas(char* const argv[]);

}  // namespace lx
