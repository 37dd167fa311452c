// What every file of inner loops needs: the clones, and the promise that lets them be vectorized.
#ifndef CKERNELS_CLONES_H
#define CKERNELS_CLONES_H

#include <stddef.h>
#include <stdint.h>

// A hot function is compiled for several processors; the loader picks one clone when the program starts.
#if defined(__x86_64__) && defined(__linux__)
#define CK_CLONES __attribute__((target_clones("avx512f", "arch=x86-64-v3", "default")))
#else
#define CK_CLONES
#endif

// A helper has no clones of its own: it is inlined into those of its caller.
#define CK_INLINE static inline __attribute__((always_inline))

// Iterations are independent. `restrict` would say too much: a destination may be exactly one of the sources.
#define CK_LOOP _Pragma("clang loop vectorize(assume_safety)")

// The same where loops are short: one vector at a time, so that few elements are left for the scalar remainder.
#define CK_SHORT_LOOP _Pragma("clang loop vectorize(assume_safety) interleave_count(1)")

#endif
