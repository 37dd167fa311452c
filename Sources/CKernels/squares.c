// Sums of squares, entry by entry.
#include "ckernels_reduction.h"

#include "clones.h"

#define DEFINE(name, X)                                                                     \
    CK_CLONES static void add_squares_##name(const X *x, int64_t count, double *sums) {     \
        CK_LOOP for (int64_t i = 0; i < count; i++) sums[i] += (double)x[i] * (double)x[i]; \
    }                                                                                       \
    void ck_add_squares_##name(const X *x, int64_t count, double *sums) { add_squares_##name(x, count, sums); }

DEFINE(f32, float)
DEFINE(f64, double)
