// The columns of row-major blocks (rows, columns), each with a coefficient of its own. Leading strides (`ldx`, `ldy`) are
// in elements. f is float, d is double; the first letter is x's, the second y's. Arithmetic is in double.
#ifndef CKERNELS_COLUMNS_H
#define CKERNELS_COLUMNS_H

#include <stdint.h>

#define CK_COLUMNS(name, X, Y)                                                                            \
    /* result[j] = sum over rows of x[i, j] * y[i, j], in a fixed order. */                               \
    void ck_column_dots_##name(const X *x, int64_t ldx, const Y *y, int64_t ldy, int64_t rows,            \
                               int64_t columns, double *result);                                          \
    /* y[i, j] = a[j] * x[i, j] + b[j] * y[i, j]; what has the coefficient 0 may be anything, NaN too. */ \
    void ck_column_combine_##name(const double *a, const X *x, int64_t ldx, const double *b, Y *y,        \
                                  int64_t ldy, int64_t rows, int64_t columns);

CK_COLUMNS(ff, float, float)
CK_COLUMNS(fd, float, double)
CK_COLUMNS(df, double, float)
CK_COLUMNS(dd, double, double)

#undef CK_COLUMNS

#endif
