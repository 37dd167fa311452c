// Small and thin products of two strided operands, for which a BLAS call costs more than the arithmetic.
#ifndef CKERNELS_CONTRACTION_H
#define CKERNELS_CONTRACTION_H

#include <stdint.h>

/// Three nested loops: over rows of the output, over terms of a sum, and over the width. Strides in
/// elements, of a, b and c; `width_c` is ignored where the width is summed over too.
typedef struct {
    intptr_t rows, row_a, row_b, row_c;
    intptr_t terms, term_a, term_b;
    intptr_t width, width_a, width_b, width_c;
} ck_contraction;

/// c[row, i] (+)= sum over terms of a[row, term, i] b[row, term, i]. With `overwrite`, c is not read.
void ck_contract_f32(
    const ck_contraction *_Nonnull shape, const float *_Nonnull a, const float *_Nonnull b, float *_Nonnull c,
    int overwrite);
void ck_contract_f64(
    const ck_contraction *_Nonnull shape, const double *_Nonnull a, const double *_Nonnull b,
    double *_Nonnull c, int overwrite);

/// c[row] (+)= sum over terms and i of a[row, term, i] b[row, term, i]; long sums are carried in double precision.
void ck_contract_inner_f32(
    const ck_contraction *_Nonnull shape, const float *_Nonnull a, const float *_Nonnull b, float *_Nonnull c,
    int overwrite);
void ck_contract_inner_f64(
    const ck_contraction *_Nonnull shape, const double *_Nonnull a, const double *_Nonnull b,
    double *_Nonnull c, int overwrite);

#endif
