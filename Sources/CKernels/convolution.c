#include "ckernels_convolution.h"

#include "clones.h"

// Padded planes are [row][column modulo stride][column / stride]. Rows end in elements that are read but do not count,
// so that the last block of a row is a block like any other.
enum { ck_slack = 16 };

// Planes with what follows from them: divisions are slow, so they are done once.
typedef struct {
    ck_planes planes;
    // Elements of a padded row with one remainder, and of all of a row.
    intptr_t padded_width, padded_row;
    // From one tap to the next, across and down.
    intptr_t across_quotient, across_remainder, down;
    intptr_t taps, image_plane, out_plane, widened_width;
} ck_layout;

CK_INLINE ck_layout ck_layout_of(const ck_planes *planes) {
    ck_layout l = {.planes = *planes};
    intptr_t stride = planes->stride_width;
    l.padded_width = planes->out_width + (planes->kernel_width - 1) * planes->dilation_width / stride + ck_slack;
    l.padded_row = stride * l.padded_width;
    l.across_quotient = planes->dilation_width / stride;
    l.across_remainder = planes->dilation_width % stride;
    l.down = planes->dilation_height * l.padded_row;
    l.taps = planes->kernel_height * planes->kernel_width;
    l.image_plane = planes->height * planes->width;
    l.out_plane = planes->out_height * planes->out_width;
    l.widened_width = (planes->out_width + 7) / 8 * 8;
    return l;
}

CK_INLINE intptr_t ck_padded_rows(const ck_planes *planes, intptr_t out_rows) {
    return (out_rows - 1) * planes->stride_height + (planes->kernel_height - 1) * planes->dilation_height + 1;
}

// From the start of a padded row to the first element that the taps of a column see.
typedef struct {
    intptr_t remainder, quotient;
} ck_tap;

CK_INLINE void ck_next_tap(const ck_layout *l, ck_tap *tap) {
    tap->remainder += l->across_remainder;
    tap->quotient += l->across_quotient;
    if (tap->remainder >= l->planes.stride_width) {
        tap->remainder -= l->planes.stride_width;
        tap->quotient += 1;
    }
}

CK_INLINE intptr_t ck_tap_offset(const ck_layout *l, ck_tap tap) {
    return tap.remainder * l->padded_width + tap.quotient;
}

intptr_t ck_padded_count(const ck_planes *planes, intptr_t out_rows) {
    return ck_padded_rows(planes, out_rows) * ck_layout_of(planes).padded_row;
}

intptr_t ck_widened_width(const ck_planes *planes) {
    return ck_layout_of(planes).widened_width;
}

typedef struct {
    intptr_t begin, end;
} ck_range;

// The places in a padded row, of columns with one remainder, that hold elements of the image.
CK_INLINE ck_range ck_filled(const ck_layout *l, intptr_t remainder) {
    intptr_t stride = l->planes.stride_width;
    intptr_t offset = l->planes.pad_width - remainder;
    // 0 <= place * stride - offset < width of the image
    intptr_t begin = offset > 0 ? (offset + stride - 1) / stride : 0;
    intptr_t limit = l->planes.width + offset;
    intptr_t end = limit > 0 ? (limit + stride - 1) / stride : 0;
    if (end > l->padded_width) end = l->padded_width;
    if (begin > end) begin = end;
    return (ck_range){begin, end};
}

#define REAL float
#define NAME(x) x##_f32
#include "lanes.h"
#include "convolution_moves.h"
#include "convolution_direct.h"
#undef REAL
#undef NAME

#define REAL double
#define NAME(x) x##_f64
#include "lanes.h"
#include "convolution_moves.h"
#include "convolution_direct.h"
