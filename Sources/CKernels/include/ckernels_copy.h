// Copies between strided views.
#ifndef CKERNELS_COPY_H
#define CKERNELS_COPY_H

#include <stdint.h>

// Copies elements of 1, 4 or 8 bytes. Strides are in bytes; the last axis is the innermost. Of the first axis, only
// `first_size` indices are copied.
void ck_copy(void *to, const int64_t *to_strides, const void *from, const int64_t *from_strides,
             const int64_t *sizes, int64_t first_size, int axis_count, int element_bytes);

#endif
