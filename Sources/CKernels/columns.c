// Inner products and combinations of the columns of row-major blocks.
#include "ckernels_columns.h"

#include "clones.h"

enum { LANES = 16 };

#define DEFINE(name, X, Y)                                                                                  \
    CK_CLONES static void single_dot_##name(const X *x, int64_t ldx, const Y *y, int64_t ldy, int64_t rows, \
                                            double *result) {                                               \
        double lanes[LANES] = {0};                                                                          \
        int64_t i = 0;                                                                                      \
        if (ldx == 1 && ldy == 1)                                                                           \
            for (; i + LANES <= rows; i += LANES)                                                           \
                CK_LOOP for (int l = 0; l < LANES; l++) lanes[l] += (double)x[i + l] * (double)y[i + l];    \
        else                                                                                                \
            for (; i + LANES <= rows; i += LANES)                                                           \
                for (int l = 0; l < LANES; l++)                                                             \
                    lanes[l] += (double)x[(i + l) * ldx] * (double)y[(i + l) * ldy];                        \
        for (int half = LANES / 2; half > 0; half /= 2)                                                     \
            for (int l = 0; l < half; l++) lanes[l] += lanes[l + half];                                     \
        double sum = lanes[0];                                                                              \
        for (; i < rows; i++) sum += (double)x[i * ldx] * (double)y[i * ldy];                               \
        *result = sum;                                                                                      \
    }                                                                                                       \
    CK_CLONES static void several_dots_##name(const X *x, int64_t ldx, const Y *y, int64_t ldy,             \
                                              int64_t rows, int64_t columns, double *restrict result) {     \
        for (int64_t j = 0; j < columns; j++) result[j] = 0;                                                \
        int64_t i = 0;                                                                                      \
        for (; i + 2 <= rows; i += 2) {                                                                     \
            const X *p = x + i * ldx, *r = p + ldx;                                                         \
            const Y *q = y + i * ldy, *s = q + ldy;                                                         \
            CK_SHORT_LOOP for (int64_t j = 0; j < columns; j++)                                             \
                result[j] += (double)p[j] * (double)q[j] + (double)r[j] * (double)s[j];                     \
        }                                                                                                   \
        if (i < rows)                                                                                       \
            for (int64_t j = 0; j < columns; j++)                                                           \
                result[j] += (double)x[i * ldx + j] * (double)y[i * ldy + j];                               \
    }                                                                                                       \
    void ck_column_dots_##name(const X *x, int64_t ldx, const Y *y, int64_t ldy, int64_t rows,              \
                               int64_t columns, double *result) {                                           \
        if (columns == 1)                                                                                   \
            single_dot_##name(x, ldx, y, ldy, rows, result);                                                \
        else                                                                                                \
            several_dots_##name(x, ldx, y, ldy, rows, columns, result);                                     \
    }                                                                                                       \
    CK_CLONES static void single_combine_##name(double a, const X *x, double b, Y *y, int64_t rows) {       \
        if (a == 0 && b == 0) {                                                                             \
            for (int64_t i = 0; i < rows; i++) y[i] = 0;                                                    \
        } else if (b == 0) {                                                                                \
            CK_LOOP for (int64_t i = 0; i < rows; i++) y[i] = (Y)(a * (double)x[i]);                        \
        } else if (a == 0) {                                                                                \
            CK_LOOP for (int64_t i = 0; i < rows; i++) y[i] = (Y)(b * (double)y[i]);                        \
        } else {                                                                                            \
            CK_LOOP for (int64_t i = 0; i < rows; i++) y[i] = (Y)(a * (double)x[i] + b * (double)y[i]);     \
        }                                                                                                   \
    }                                                                                                       \
    CK_CLONES static void several_combine_##name(const double *a, const X *x, int64_t ldx, const double *b, \
                                                 Y *y, int64_t ldy, int64_t rows, int64_t columns) {        \
        for (int64_t i = 0; i < rows; i++) {                                                                \
            const X *p = x + i * ldx;                                                                       \
            Y *q = y + i * ldy;                                                                             \
            CK_SHORT_LOOP for (int64_t j = 0; j < columns; j++) {                                           \
                double first = a[j] == 0 ? 0 : a[j] * (double)p[j];                                         \
                double second = b[j] == 0 ? 0 : b[j] * (double)q[j];                                        \
                q[j] = (Y)(first + second);                                                                 \
            }                                                                                               \
        }                                                                                                   \
    }                                                                                                       \
    void ck_column_combine_##name(const double *a, const X *x, int64_t ldx, const double *b, Y *y,          \
                                  int64_t ldy, int64_t rows, int64_t columns) {                             \
        if (columns == 1 && ldx == 1 && ldy == 1)                                                           \
            single_combine_##name(a[0], x, b[0], y, rows);                                                  \
        else                                                                                                \
            several_combine_##name(a, x, ldx, b, y, ldy, rows, columns);                                    \
    }

DEFINE(ff, float, float)
DEFINE(fd, float, double)
DEFINE(df, double, float)
DEFINE(dd, double, double)
