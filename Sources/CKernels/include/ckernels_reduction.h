// Reductions of strided arrays.
#ifndef CKERNELS_REDUCTION_H
#define CKERNELS_REDUCTION_H

#include <stdint.h>

#include "ckernels_elementwise.h"

// In the order of Swift's `ReductionOperation`.
enum { CK_REDUCE_SUM, CK_REDUCE_MAXIMUM, CK_REDUCE_MINIMUM, CK_REDUCE_PRODUCT, CK_REDUCE_COUNT };

// The most outputs of a tile.
enum { CK_REDUCE_WIDTH = 512 };

// All strides are in elements. A tile is a run of outputs, `kept_stride` apart in the input and `result_stride` in the
// output. The reduced axes are numbered as one, the innermost last.
typedef struct {
    int32_t operation, storage, result_storage, outer_count;
    const int64_t *outer_sizes, *outer_strides;
    int64_t inner_size, inner_stride, kept_stride, result_stride;
} ck_reduction;

// Reduces the indices first ..< last for `width` outputs. Accumulators are float64 for sums of real numbers, else of
// the input's storage; they are written to `partial` if it is not NULL, else to `result`.
void ck_reduce(const ck_reduction *reduction, const void *input, int64_t width, int64_t first, int64_t last,
               void *partial, void *result, int accumulate);

// Combines the accumulators of several parts, in order.
void ck_reduce_combine(const ck_reduction *reduction, const void *partial, int64_t part_stride, int64_t parts,
                       int64_t width, void *result, int accumulate);

// sums[i] += x[i] * x[i], in double.
void ck_add_squares_f32(const float *x, int64_t count, double *sums);
void ck_add_squares_f64(const double *x, int64_t count, double *sums);

#endif
