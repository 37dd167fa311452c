// Sliding windows: tap by tap, along a row of windows at a time.
#include "ckernels_window.h"

#include <string.h>

#include "ckernels_elementwise.h"
#include "clones.h"

// The windows along `axis` that see an element of the plane at tap `k`, and that element's place in the first.
typedef struct {
    int64_t first, last, place;
} span;

CK_INLINE span seen(const ck_window *w, int axis, int64_t k) {
    int64_t offset = k * w->dilation[axis] - w->pad[axis], stride = w->stride[axis];
    span s = {0, 0, 0};
    if (offset < 0) s.first = (-offset + stride - 1) / stride;
    if (w->size[axis] - offset > 0) s.last = (w->size[axis] - offset + stride - 1) / stride;
    if (s.last > w->windows[axis]) s.last = w->windows[axis];
    s.place = s.first * stride + offset;
    return s;
}

// The runs of all taps along the second axis. They are the same for every row, and cost divisions.
#define SPANS                                                                                         \
    span spans[w->window[1] + 1];                                                                     \
    for (int64_t k1 = 0; k1 < w->window[1]; k1++) spans[k1] = seen(w, 1, k1)

// Runs the rest of the arguments for each tap's run of windows `s` in row `row`, with `line` the plane's row that they
// see.
#define FOR_EACH_TAP(row, ...)                                                                        \
    for (int64_t k0 = 0; k0 < w->window[0]; k0++) {                                                   \
        int64_t line = row * w->stride[0] + k0 * w->dilation[0] - w->pad[0];                          \
        if (line < 0 || line >= w->size[0]) continue;                                                 \
        for (int64_t k1 = 0; k1 < w->window[1]; k1++) {                                               \
            span s = spans[k1];                                                                       \
            __VA_ARGS__                                                                               \
        }                                                                                             \
    }

// The loop over a run of windows, with the common strides known to the compiler.
#define ALONG(...)                                                                                    \
    do {                                                                                              \
        int64_t count = s.last - s.first;                                                             \
        if (w->stride[1] == 1) {                                                                      \
            const int64_t stride = 1;                                                                 \
            CK_SHORT_LOOP for (int64_t i = 0; i < count; i++) { __VA_ARGS__ }                         \
        } else if (w->stride[1] == 2) {                                                               \
            const int64_t stride = 2;                                                                 \
            CK_SHORT_LOOP for (int64_t i = 0; i < count; i++) { __VA_ARGS__ }                         \
        } else {                                                                                      \
            const int64_t stride = w->stride[1];                                                      \
            for (int64_t i = 0; i < count; i++) { __VA_ARGS__ }                                       \
        }                                                                                             \
    } while (0)

enum { BLOCK = 256 };

#define WINDOW(name, T, MASK)                                                                         \
    CK_CLONES static void sum_##name(const ck_window *w, const T *restrict input, T *restrict output, \
                                     int64_t first, int64_t last, int64_t first_row, int64_t last_row) { \
        SPANS;                                                                                        \
        for (int64_t plane = first; plane < last; plane++) {                                          \
            const T *in = input + plane * w->size[0] * w->size[1];                                    \
            T *out = output + plane * w->windows[0] * w->windows[1];                                  \
            memset(out + first_row * w->windows[1], 0,                                                \
                   (size_t)((last_row - first_row) * w->windows[1]) * sizeof(T));                     \
            for (int64_t row = first_row; row < last_row; row++)                                      \
                FOR_EACH_TAP(row, {                                                                   \
                    const T *from = in + line * w->size[1] + s.place;                                 \
                    T *to = out + row * w->windows[1] + s.first;                                      \
                    ALONG(to[i] += from[i * stride];);                                                \
                })                                                                                    \
        }                                                                                             \
    }                                                                                                 \
    CK_CLONES static void spread_##name(const ck_window *w, const T *restrict input, T *restrict output, \
                                        int64_t first, int64_t last) {                                \
        SPANS;                                                                                        \
        for (int64_t plane = first; plane < last; plane++) {                                          \
            const T *in = input + plane * w->windows[0] * w->windows[1];                              \
            T *out = output + plane * w->size[0] * w->size[1];                                        \
            memset(out, 0, (size_t)(w->size[0] * w->size[1]) * sizeof(T));                            \
            for (int64_t row = 0; row < w->windows[0]; row++)                                         \
                FOR_EACH_TAP(row, {                                                                   \
                    T *to = out + line * w->size[1] + s.place;                                        \
                    const T *from = in + row * w->windows[1] + s.first;                               \
                    ALONG(to[i * stride] += from[i];);                                                \
                })                                                                                    \
        }                                                                                             \
    }                                                                                                 \
    /* The indices start at -1: the first element that a window sees is taken, whatever it is. */     \
    CK_CLONES static void argmax_##name(const ck_window *w, const T *restrict input, int64_t *restrict output, \
                                        int64_t first, int64_t last, int64_t first_row, int64_t last_row) { \
        SPANS;                                                                                        \
        T best[BLOCK];                                                                                \
        MASK index[BLOCK];                                                                            \
        for (int64_t plane = first; plane < last; plane++)                                            \
            for (int64_t row = first_row; row < last_row; row++)                                      \
                for (int64_t start = 0; start < w->windows[1]; start += BLOCK) {                      \
                    int64_t end = start + BLOCK < w->windows[1] ? start + BLOCK : w->windows[1];      \
                    const T *in = input + plane * w->size[0] * w->size[1];                            \
                    for (int64_t i = 0; i < end - start; i++) best[i] = 0, index[i] = -1;             \
                    FOR_EACH_TAP(row, {                                                               \
                        int64_t skip = s.first < start ? start - s.first : 0;                         \
                        s.first += skip, s.place += skip * w->stride[1];                              \
                        if (s.last > end) s.last = end;                                               \
                        MASK place = (MASK)(line * w->size[1] + s.place);                             \
                        const T *from = in + place;                                                   \
                        T *to = best + (s.first - start);                                             \
                        MASK *to_index = index + (s.first - start);                                   \
                        ALONG(T v = from[i * stride]; T b = to[i]; MASK j = to_index[i];              \
                              int wins = (j < 0) | (v > b) | ((v != v) & (b == b));                   \
                              to[i] = wins ? v : b;                                                   \
                              to_index[i] = wins ? place + (MASK)(i * stride) : j;);                  \
                    })                                                                                \
                    int64_t *out = output + (plane * w->windows[0] + row) * w->windows[1] + start;    \
                    for (int64_t i = 0; i < end - start; i++) out[i] = index[i] < 0 ? 0 : index[i];   \
                }                                                                                     \
    }

WINDOW(f32, float, int32_t)
WINDOW(f64, double, int64_t)

void ck_window_sum(const ck_window *window, int storage, const void *input, void *output, int64_t first, int64_t last,
                   int64_t first_row, int64_t last_row) {
    if (storage == CK_FLOAT32)
        sum_f32(window, input, output, first, last, first_row, last_row);
    else
        sum_f64(window, input, output, first, last, first_row, last_row);
}

void ck_window_argmax(const ck_window *window, int storage, const void *input, int64_t *output, int64_t first,
                      int64_t last, int64_t first_row, int64_t last_row) {
    if (storage == CK_FLOAT32)
        argmax_f32(window, input, output, first, last, first_row, last_row);
    else
        argmax_f64(window, input, output, first, last, first_row, last_row);
}

void ck_window_spread(const ck_window *window, int storage, const void *cotangent, void *output, int64_t first,
                      int64_t last) {
    if (storage == CK_FLOAT32)
        spread_f32(window, cotangent, output, first, last);
    else
        spread_f64(window, cotangent, output, first, last);
}
