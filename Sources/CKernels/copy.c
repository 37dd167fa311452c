// Copies between strided views: the innermost two axes here in one of a few shapes, the others around them.
#include <string.h>

#include "ckernels_copy.h"
#include "clones.h"
#include "transpose_block.h"

enum { BAND = 32 };

// A plane of `rows` x `columns` elements; r and c are the strides along them, in elements.
#define PLANE(T, name)                                                                                \
    CK_CLONES static void fill_rows_##name(T *to, int64_t to_r, const T *from, int64_t from_r,        \
                                           int64_t rows, int64_t columns) {                           \
        for (int64_t r = 0; r < rows; r++) {                                                          \
            T value = from[r * from_r];                                                               \
            CK_SHORT_LOOP for (int64_t c = 0; c < columns; c++) to[r * to_r + c] = value;             \
        }                                                                                             \
    }                                                                                                 \
    CK_CLONES static void copy_rows_##name(T *to, int64_t to_r, const T *from, int64_t from_r,        \
                                           int64_t rows, int64_t columns) {                           \
        if (columns >= 64)                                                                            \
            for (int64_t r = 0; r < rows; r++)                                                        \
                memcpy(to + r * to_r, from + r * from_r, (size_t)columns * sizeof(T));                \
        else                                                                                          \
            for (int64_t r = 0; r < rows; r++)                                                        \
                CK_SHORT_LOOP for (int64_t c = 0; c < columns; c++)                                   \
                    to[r * to_r + c] = from[r * from_r + c];                                          \
    }                                                                                                 \
    /* In bands of columns, so that the lines of `from` that a band touches stay in the cache. */     \
    CK_CLONES static void transpose_##name(T *to, int64_t to_r, const T *from, int64_t from_c,        \
                                           int64_t rows, int64_t columns) {                           \
        int64_t whole_rows = rows / 8 * 8, whole_columns = columns / 8 * 8;                           \
        for (int64_t band = 0; band < whole_columns; band += BAND) {                                  \
            int64_t end = band + BAND < whole_columns ? band + BAND : whole_columns;                  \
            for (int64_t r = 0; r < whole_rows; r += 8)                                               \
                for (int64_t c = band; c < end; c += 8)                                               \
                    ck_transpose_block_##name(from + c * from_c + r, from_c, to + r * to_r + c, to_r);\
        }                                                                                             \
        for (int64_t r = 0; r < whole_rows; r++)                                                      \
            for (int64_t c = whole_columns; c < columns; c++) to[r * to_r + c] = from[c * from_c + r];\
        for (int64_t r = whole_rows; r < rows; r++)                                                   \
            for (int64_t c = 0; c < columns; c++) to[r * to_r + c] = from[c * from_c + r];            \
    }                                                                                                 \
    static void plane_##name(char *to_, int64_t to_r, int64_t to_c, const char *from_, int64_t from_r, \
                             int64_t from_c, int64_t rows, int64_t columns) {                         \
        T *to = (T *)to_;                                                                             \
        const T *from = (const T *)from_;                                                             \
        if (to_c == 1 && from_c == 1)                                                                 \
            copy_rows_##name(to, to_r, from, from_r, rows, columns);                                  \
        else if (to_c == 1 && from_c == 0)                                                            \
            fill_rows_##name(to, to_r, from, from_r, rows, columns);                                  \
        else if (to_c == 1 && from_r == 1)                                                            \
            transpose_##name(to, to_r, from, from_c, rows, columns);                                  \
        else if (to_r == 1 && from_c == 1)                                                            \
            transpose_##name(to, to_c, from, from_r, columns, rows);                                  \
        else                                                                                          \
            for (int64_t r = 0; r < rows; r++)                                                        \
                for (int64_t c = 0; c < columns; c++)                                                 \
                    to[r * to_r + c * to_c] = from[r * from_r + c * from_c];                          \
    }

PLANE(uint8_t, 1)
PLANE(uint32_t, 4)
PLANE(uint64_t, 8)

void ck_copy(void *to_, const int64_t *to_strides, const void *from_, const int64_t *from_strides,
             const int64_t *sizes, int64_t first_size, int axis_count, int element_bytes) {
    char *to = to_;
    const char *from = from_;
    // Axes of size 1 stay out, so that the innermost two are those that matter.
    int axes[axis_count + 1], count = 0;
    int64_t counts[axis_count + 1];
    for (int axis = 0; axis < axis_count; axis++) {
        int64_t size = axis == 0 ? first_size : sizes[axis];
        if (size == 0) return;
        if (size == 1) continue;
        counts[count] = size;
        axes[count++] = axis;
    }
    int64_t rows = 1, columns = 1, to_r = 0, to_c = element_bytes, from_r = 0, from_c = element_bytes;
    if (count >= 1) {
        int axis = axes[count - 1];
        columns = counts[count - 1], to_c = to_strides[axis], from_c = from_strides[axis];
    }
    if (count >= 2) {
        int axis = axes[count - 2];
        rows = counts[count - 2], to_r = to_strides[axis], from_r = from_strides[axis];
    }
    int outer = count > 2 ? count - 2 : 0;
    int64_t index[outer + 1];
    memset(index, 0, sizeof index);
    for (;;) {
        switch (element_bytes) {
        case 1: plane_1(to, to_r, to_c, from, from_r, from_c, rows, columns); break;
        case 4: plane_4(to, to_r / 4, to_c / 4, from, from_r / 4, from_c / 4, rows, columns); break;
        default: plane_8(to, to_r / 8, to_c / 8, from, from_r / 8, from_c / 8, rows, columns); break;
        }
        int k = outer - 1;
        for (; k >= 0; k--) {
            int axis = axes[k];
            to += to_strides[axis], from += from_strides[axis];
            if (++index[k] < counts[k]) break;
            to -= to_strides[axis] * counts[k], from -= from_strides[axis] * counts[k];
            index[k] = 0;
        }
        if (k < 0) return;
    }
}
