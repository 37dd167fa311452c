// Sums and maxima over sliding windows of planes.
#ifndef CKERNELS_WINDOW_H
#define CKERNELS_WINDOW_H

#include <stdint.h>

// Of each of the two axes: the plane's size, how many windows there are, a window's size, and so on. Padding is
// before the first element; what a window sees beyond the plane counts nothing.
typedef struct {
    int64_t size[2], windows[2], window[2], stride[2], dilation[2], pad[2];
} ck_window;

// For the planes first ..< last, and the rows of windows first_row ..< last_row.
void ck_window_sum(const ck_window *window, int storage, const void *input, void *output, int64_t first, int64_t last,
                   int64_t first_row, int64_t last_row);
void ck_window_argmax(const ck_window *window, int storage, const void *input, int64_t *output, int64_t first,
                      int64_t last, int64_t first_row, int64_t last_row);
// The transpose of the sum, for whole planes.
void ck_window_spread(const ck_window *window, int storage, const void *cotangent, void *output, int64_t first,
                      int64_t last);

#endif
