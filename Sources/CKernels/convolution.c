#include "ckernels_convolution.h"

#include "clones.h"

typedef struct {
    intptr_t begin, end;
} ck_range;

// The columns q of the output that see the image, not its padding, through the taps of one column.
CK_INLINE ck_range ck_seen(const ck_planes *planes, intptr_t column) {
    intptr_t offset = planes->pad_width - column * planes->dilation_width;
    intptr_t stride = planes->stride_width;
    // 0 <= q * stride - offset < width
    intptr_t begin = offset > 0 ? (offset + stride - 1) / stride : 0;
    intptr_t limit = planes->width + offset;
    intptr_t end = limit > 0 ? (limit + stride - 1) / stride : 0;
    if (end > planes->out_width) end = planes->out_width;
    if (begin > end) begin = end;
    return (ck_range){begin, end};
}

#define REAL float
#define NAME(x) x##_f32
#include "convolution_loops.h"
#undef REAL
#undef NAME

#define REAL double
#define NAME(x) x##_f64
#include "convolution_loops.h"
