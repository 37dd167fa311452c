// Running sums.
#include "ckernels_cumulative.h"

#include "ckernels_elementwise.h"
#include "clones.h"

#define CUMULATIVE(name, T, A)                                                                        \
    CK_CLONES static void cumulative_##name(const T *input, T *output, int64_t count, int64_t stride, \
                                            int64_t width, int exclusive, int step) {                 \
        if (width == 1) {                                                                             \
            A sum = 0;                                                                                \
            for (int64_t i = 0; i < count; i++) {                                                     \
                int64_t place = (step > 0 ? i : count - 1 - i) * stride;                              \
                A next = sum + (A)input[place];                                                       \
                output[place] = (T)(exclusive ? sum : next);                                          \
                sum = next;                                                                           \
            }                                                                                         \
            return;                                                                                   \
        }                                                                                             \
        A sums[512];                                                                                  \
        for (int64_t k = 0; k < width; k++) sums[k] = 0;                                              \
        for (int64_t i = 0; i < count; i++) {                                                         \
            int64_t place = (step > 0 ? i : count - 1 - i) * stride;                                  \
            const T *in = input + place;                                                              \
            T *out = output + place;                                                                  \
            if (exclusive)                                                                            \
                CK_LOOP for (int64_t k = 0; k < width; k++) {                                         \
                    T value = in[k];                                                                  \
                    out[k] = (T)sums[k];                                                              \
                    sums[k] += (A)value;                                                              \
                }                                                                                     \
            else                                                                                      \
                CK_LOOP for (int64_t k = 0; k < width; k++) {                                         \
                    sums[k] += (A)in[k];                                                              \
                    out[k] = (T)sums[k];                                                              \
                }                                                                                     \
        }                                                                                             \
    }

CUMULATIVE(f32, float, double)
CUMULATIVE(f64, double, double)
CUMULATIVE(i64, uint64_t, uint64_t)

void ck_cumulative_sum(int storage, const void *input, void *output, int64_t count, int64_t stride, int64_t width,
                       int exclusive, int step) {
    switch (storage) {
    case CK_FLOAT32: cumulative_f32(input, output, count, stride, width, exclusive, step); break;
    case CK_FLOAT64: cumulative_f64(input, output, count, stride, width, exclusive, step); break;
    default: cumulative_i64(input, output, count, stride, width, exclusive, step); break;
    }
}
