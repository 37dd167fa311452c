// The loops of contraction.c for one element type. Included once for each, with REAL and NAME(x) defined.

// sum = c + sum over terms of scale[term] * b[term, :], for a constant number of vectors.
CK_INLINE void NAME(sum_block)(
    int vectors, intptr_t terms, const REAL *scale, intptr_t term_scale, const REAL *b, intptr_t term_b, const REAL *c,
    int overwrite, NAME(lanes) *sum) {
    CK_UNROLL for (int v = 0; v < vectors; ++v) sum[v] = overwrite ? (NAME(lanes)){0} : CK_CONSTANT_LANES(c + 8 * v);
    for (intptr_t t = 0; t < terms; ++t) {
        REAL s = scale[t * term_scale];
        CK_UNROLL for (int v = 0; v < vectors; ++v) sum[v] += s * CK_CONSTANT_LANES(b + t * term_b + 8 * v);
    }
}

CK_INLINE void NAME(put_block)(int vectors, const NAME(lanes) *sum, REAL *c) {
    CK_UNROLL for (int v = 0; v < vectors; ++v) CK_LANES(c + 8 * v) = sum[v];
}

// c += sum over terms of scale[term] * b[term, :], all of unit stride.
CK_INLINE void NAME(scaled_rows)(
    intptr_t width, intptr_t terms, const REAL *scale, intptr_t term_scale, const REAL *b, intptr_t term_b, REAL *c,
    int overwrite) {
    if (width < 8) {
        for (intptr_t i = 0; i < width; ++i) {
            REAL sum = overwrite ? 0 : c[i];
            for (intptr_t t = 0; t < terms; ++t) sum += scale[t * term_scale] * b[t * term_b + i];
            c[i] = sum;
        }
        return;
    }
    // The last block overlaps the one before: it is computed first, from values that are still old, and written last.
    NAME(lanes) last, sum[4];
    NAME(sum_block)(1, terms, scale, term_scale, b + width - 8, term_b, c + width - 8, overwrite, &last);
    intptr_t i = 0;
    for (; i + 32 <= width; i += 32) {
        NAME(sum_block)(4, terms, scale, term_scale, b + i, term_b, c + i, overwrite, sum);
        NAME(put_block)(4, sum, c + i);
    }
    for (; i + 8 < width; i += 8) {
        NAME(sum_block)(1, terms, scale, term_scale, b + i, term_b, c + i, overwrite, sum);
        NAME(put_block)(1, sum, c + i);
    }
    NAME(put_block)(1, &last, c + width - 8);
}

CK_INLINE void NAME(products)(
    intptr_t width, const REAL *restrict a, const REAL *restrict b, REAL *restrict c, int overwrite) {
    if (overwrite) {
        for (intptr_t i = 0; i < width; ++i) c[i] = a[i] * b[i];
    } else {
        for (intptr_t i = 0; i < width; ++i) c[i] += a[i] * b[i];
    }
}

CK_INLINE void NAME(strided)(
    intptr_t width, const REAL *restrict a, intptr_t width_a, const REAL *restrict b, intptr_t width_b,
    REAL *restrict c, intptr_t width_c, int overwrite) {
    if (overwrite) {
        for (intptr_t i = 0; i < width; ++i) c[i * width_c] = a[i * width_a] * b[i * width_b];
    } else {
        for (intptr_t i = 0; i < width; ++i) c[i * width_c] += a[i * width_a] * b[i * width_b];
    }
}

CK_CLONES void NAME(ck_contract)(
    const ck_contraction *shape, const REAL *a, const REAL *b, REAL *c, int overwrite) {
    const ck_contraction s = *shape;
    for (intptr_t row = 0; row < s.rows; ++row, a += s.row_a, b += s.row_b, c += s.row_c) {
        if (s.width_c == 1 && s.width_a == 0 && s.width_b == 1) {
            NAME(scaled_rows)(s.width, s.terms, a, s.term_a, b, s.term_b, c, overwrite);
        } else if (s.width_c == 1 && s.width_a == 1 && s.width_b == 0) {
            NAME(scaled_rows)(s.width, s.terms, b, s.term_b, a, s.term_a, c, overwrite);
        } else if (s.width_c == 1 && s.width_a == 1 && s.width_b == 1) {
            for (intptr_t t = 0; t < s.terms; ++t) {
                NAME(products)(s.width, a + t * s.term_a, b + t * s.term_b, c, overwrite && t == 0);
            }
        } else {
            for (intptr_t t = 0; t < s.terms; ++t) {
                NAME(strided)(
                    s.width, a + t * s.term_a, s.width_a, b + t * s.term_b, s.width_b, c, s.width_c,
                    overwrite && t == 0);
            }
        }
    }
}

// Sums of this many products are taken in the element type, in lanes; their sum in double.
enum { NAME(run) = 4096 };

CK_INLINE double NAME(inner_product)(
    intptr_t width, const REAL *a, intptr_t width_a, const REAL *b, intptr_t width_b) {
    double total = 0;
    if (width_a == 1 && width_b == 1) {
        for (intptr_t start = 0; start < width; start += NAME(run)) {
            intptr_t end = width - start < NAME(run) ? width : start + NAME(run);
            NAME(lanes) sum[4] = {{0}};
            intptr_t i = start;
            for (; i + 32 <= end; i += 32) {
                CK_UNROLL for (int v = 0; v < 4; ++v) {
                    sum[v] += CK_CONSTANT_LANES(a + i + 8 * v) * CK_CONSTANT_LANES(b + i + 8 * v);
                }
            }
            for (; i + 8 <= end; i += 8) sum[0] += CK_CONSTANT_LANES(a + i) * CK_CONSTANT_LANES(b + i);
            REAL rest = 0;
            for (; i < end; ++i) rest += a[i] * b[i];
            total += CK_TOTAL((sum[0] + sum[1]) + (sum[2] + sum[3])) + rest;
        }
        return total;
    }
    double lane[4] = {0};
    intptr_t i = 0;
    for (; i + 4 <= width; i += 4) {
        for (int j = 0; j < 4; ++j) lane[j] += (double)a[(i + j) * width_a] * (double)b[(i + j) * width_b];
    }
    for (; i < width; ++i) lane[0] += (double)a[i * width_a] * (double)b[i * width_b];
    return total + ((lane[0] + lane[1]) + (lane[2] + lane[3]));
}

CK_CLONES void NAME(ck_contract_inner)(
    const ck_contraction *shape, const REAL *a, const REAL *b, REAL *c, int overwrite) {
    const ck_contraction s = *shape;
    for (intptr_t row = 0; row < s.rows; ++row, a += s.row_a, b += s.row_b, c += s.row_c) {
        double total = overwrite ? 0 : *c;
        for (intptr_t t = 0; t < s.terms; ++t) {
            total += NAME(inner_product)(s.width, a + t * s.term_a, s.width_a, b + t * s.term_b, s.width_b);
        }
        *c = (REAL)total;
    }
}
