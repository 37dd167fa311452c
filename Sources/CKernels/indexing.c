// Gather and its transpose.
#include "ckernels_indexing.h"

#include <string.h>

#include "ckernels_elementwise.h"
#include "clones.h"

#define GATHER_ELEMENTS(T)                                                                            \
    for (int64_t i = 0; i < count; i++) {                                                             \
        int64_t row = indices[i] < 0 ? indices[i] + s->rows : indices[i];                             \
        if (row < 0 || row >= s->rows) {                                                              \
            if (invalid < 0) invalid = from + i;                                                      \
            row = 0;                                                                                  \
        }                                                                                             \
        ((T *)y)[done + i] = ((const T *)x)[plane * s->rows + row];                                   \
    }

int64_t ck_gather(const ck_indexing *s, int element_bytes, const void *x, const int64_t *all_indices, void *y,
                  int64_t first, int64_t last) {
    int64_t invalid = -1;
    size_t row_bytes = (size_t)s->row * (size_t)element_bytes;
    int64_t plane = s->picks > 0 ? first / s->picks : 0, pick = s->picks > 0 ? first % s->picks : 0;
    for (int64_t done = first; done < last; plane++, pick = 0) {
        int64_t from = plane % s->batch * s->picks + pick;
        const int64_t *indices = all_indices + from;
        int64_t count = s->picks - pick < last - done ? s->picks - pick : last - done;
        if (s->rows == 0) {
            if (invalid < 0) invalid = from;
            memset((char *)y + (size_t)done * row_bytes, 0, (size_t)count * row_bytes);
        } else if (s->row == 1 && element_bytes == 4) {
            GATHER_ELEMENTS(uint32_t)
        } else if (s->row == 1 && element_bytes == 8) {
            GATHER_ELEMENTS(uint64_t)
        } else {
            for (int64_t i = 0; i < count; i++) {
                int64_t row = indices[i] < 0 ? indices[i] + s->rows : indices[i];
                if (row < 0 || row >= s->rows) {
                    if (invalid < 0) invalid = from + i;
                    row = 0;
                }
                memcpy((char *)y + (size_t)(done + i) * row_bytes,
                       (const char *)x + (size_t)(plane * s->rows + row) * row_bytes, row_bytes);
            }
        }
        done += count;
    }
    return invalid;
}

#define SCATTER(name, T)                                                                              \
    CK_CLONES static int64_t scatter_##name(const ck_indexing *s, const T *y, const int64_t *indices, T *x, \
                                            const ck_region *r, int clear) {                          \
        int64_t invalid = -1, columns = r->last_column - r->first_column;                             \
        for (int64_t plane = r->first_plane; plane < r->last_plane; plane++) {                        \
            T *to = x + plane * s->rows * s->row + r->first_column;                                   \
            if (clear)                                                                                \
                for (int64_t row = r->first_row; row < r->last_row; row++)                            \
                    memset(to + row * s->row, 0, (size_t)columns * sizeof(T));                        \
            int64_t from = plane % s->batch * s->picks;                                               \
            for (int64_t pick = 0; pick < s->picks; pick++) {                                         \
                int64_t row = indices[from + pick];                                                   \
                if (row < 0) row += s->rows;                                                          \
                if (row < 0 || row >= s->rows) {                                                      \
                    if (invalid < 0) invalid = from + pick;                                           \
                    continue;                                                                         \
                }                                                                                     \
                if (row < r->first_row || row >= r->last_row) continue;                               \
                T *target = to + row * s->row;                                                        \
                const T *source = y + (plane * s->picks + pick) * s->row + r->first_column;           \
                CK_LOOP for (int64_t c = 0; c < columns; c++) target[c] += source[c];                 \
            }                                                                                         \
        }                                                                                             \
        return invalid;                                                                               \
    }

SCATTER(f32, float)
SCATTER(f64, double)
// Unsigned, so that sums wrap around.
SCATTER(i64, uint64_t)

int64_t ck_scatter_add(const ck_indexing *shape, int storage, const void *y, const int64_t *indices, void *x,
                       const ck_region *region, int clear) {
    switch (storage) {
    case CK_FLOAT32: return scatter_f32(shape, y, indices, x, region, clear);
    case CK_FLOAT64: return scatter_f64(shape, y, indices, x, region, clear);
    default: return scatter_i64(shape, y, indices, x, region, clear);
    }
}
