// Running sums.
#ifndef CKERNELS_CUMULATIVE_H
#define CKERNELS_CUMULATIVE_H

#include <stdint.h>

// Along `count` elements that lie `stride` apart, for `width` neighbours at once (at most 512). `step` is 1, or -1 to
// run from the last element. An exclusive sum leaves out the element itself. Real sums accumulate in float64.
void ck_cumulative_sum(int storage, const void *input, void *output, int64_t count, int64_t stride, int64_t width,
                       int exclusive, int step);

#endif
