// What the processor and the operating system offer, and which of OpenBLAS's kernels runs: read from both, switched where OpenBLAS
// was built before the processor.
#ifndef CPROCESSOR_H
#define CPROCESSOR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Instruction sets of x86-64 that the processor has *and* whose registers the operating system saves. 0 elsewhere.
enum cprocessor_feature {
    CPROCESSOR_SSE42 = 1 << 0,
    CPROCESSOR_AVX = 1 << 1,
    CPROCESSOR_AVX2_FMA = 1 << 2,
    /// AVX-512 F, CD, DQ, BW and VL.
    CPROCESSOR_AVX512 = 1 << 3,
    CPROCESSOR_AVX512_BF16 = 1 << 4,
};
int cprocessor_features(void);

/// Whether AMD made it.
int cprocessor_is_amd(void);

/// The processor's name as the system gives it, into `name`; empty where there is none.
void cprocessor_name(char *_Nonnull name, size_t capacity);

/// The name of the kernel that OpenBLAS has chosen; null where the library is another BLAS.
const char *_Nullable cprocessor_blas_kernel(void);

/// OpenBLAS's version and options; null where the library is another BLAS.
const char *_Nullable cprocessor_blas_configuration(void);

/// Whether OpenBLAS holds several kernels and can be told to choose again.
int cprocessor_can_choose_kernel(void);

/// Has OpenBLAS choose again as if the environment asked for `kernel` (null: as its own detection says), and leaves the environment
/// as it was. Only before any other call of BLAS in the process, and on one thread. The caller asks afterwards what was chosen.
void cprocessor_choose_kernel(const char *_Nullable kernel);

#ifdef __cplusplus
}
#endif

#endif
