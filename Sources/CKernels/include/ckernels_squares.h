// Sums of squares, entry by entry.
#ifndef CKERNELS_SQUARES_H
#define CKERNELS_SQUARES_H

#include <stdint.h>

// sums[i] += x[i] * x[i], in double.
void ck_add_squares_f32(const float *x, int64_t count, double *sums);
void ck_add_squares_f64(const double *x, int64_t count, double *sums);

#endif
