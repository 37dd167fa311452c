// Transposes 8 x 8 elements in registers: from[j][i] goes to to[i][j]. Strides are in elements.
#ifndef CKERNELS_TRANSPOSE_BLOCK_H
#define CKERNELS_TRANSPOSE_BLOCK_H

#include <string.h>

#include "clones.h"

typedef uint32_t ck_vector4 __attribute__((vector_size(32)));
typedef uint64_t ck_vector8 __attribute__((vector_size(32)));

CK_INLINE void ck_transpose_block_1(const uint8_t *from, int64_t from_stride, uint8_t *to, int64_t to_stride) {
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++) to[i * to_stride + j] = from[j * from_stride + i];
}

CK_INLINE void ck_transpose_block_4(const uint32_t *from, int64_t from_stride, uint32_t *to, int64_t to_stride) {
    ck_vector4 a[8], b[8];
    for (int j = 0; j < 8; j++) memcpy(&a[j], from + j * from_stride, sizeof a[j]);
    // Pairs of rows, within each half; then pairs of pairs; then the halves.
    for (int j = 0; j < 8; j += 2) {
        b[j] = __builtin_shufflevector(a[j], a[j + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        b[j + 1] = __builtin_shufflevector(a[j], a[j + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int j = 0; j < 8; j += 4)
        for (int k = 0; k < 2; k++) {
            a[j + 2 * k] = __builtin_shufflevector(b[j + k], b[j + k + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            a[j + 2 * k + 1] = __builtin_shufflevector(b[j + k], b[j + k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int i = 0; i < 4; i++) {
        b[i] = __builtin_shufflevector(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        b[i + 4] = __builtin_shufflevector(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
    for (int i = 0; i < 8; i++) memcpy(to + i * to_stride, &b[i], sizeof b[i]);
}

CK_INLINE void ck_transpose_block_8(const uint64_t *from, int64_t from_stride, uint64_t *to, int64_t to_stride) {
    for (int quarter = 0; quarter < 4; quarter++) {
        const uint64_t *source = from + quarter / 2 * 4 * from_stride + quarter % 2 * 4;
        uint64_t *target = to + quarter % 2 * 4 * to_stride + quarter / 2 * 4;
        ck_vector8 a[4], b[4];
        for (int j = 0; j < 4; j++) memcpy(&a[j], source + j * from_stride, sizeof a[j]);
        for (int j = 0; j < 4; j += 2) {
            b[j] = __builtin_shufflevector(a[j], a[j + 1], 0, 4, 2, 6);
            b[j + 1] = __builtin_shufflevector(a[j], a[j + 1], 1, 5, 3, 7);
        }
        for (int i = 0; i < 2; i++) {
            a[i] = __builtin_shufflevector(b[i], b[i + 2], 0, 1, 4, 5);
            a[i + 2] = __builtin_shufflevector(b[i], b[i + 2], 2, 3, 6, 7);
        }
        for (int i = 0; i < 4; i++) memcpy(target + i * to_stride, &a[i], sizeof a[i]);
    }
}

#endif
