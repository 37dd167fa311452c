// The loops of contraction.c for one element type. Included once for each, with REAL and NAME(x) defined.

enum { NAME(block) = 32, NAME(lanes) = 16 };

// c += sum over terms of scale[term] * b[term, :], all of unit stride. The block of sums stays in registers.
CK_INLINE void NAME(scaled_rows)(
    intptr_t width, intptr_t terms, const REAL *scale, intptr_t term_scale, const REAL *b, intptr_t term_b, REAL *c,
    int overwrite) {
    intptr_t i = 0;
    for (; i + NAME(block) <= width; i += NAME(block)) {
        REAL sum[NAME(block)];
        for (int j = 0; j < NAME(block); ++j) sum[j] = overwrite ? 0 : c[i + j];
        for (intptr_t t = 0; t < terms; ++t) {
            REAL s = scale[t * term_scale];
            const REAL *row = b + t * term_b + i;
            for (int j = 0; j < NAME(block); ++j) sum[j] += s * row[j];
        }
        for (int j = 0; j < NAME(block); ++j) c[i + j] = sum[j];
    }
    for (; i + 4 <= width; i += 4) {
        REAL sum[4];
        for (int j = 0; j < 4; ++j) sum[j] = overwrite ? 0 : c[i + j];
        for (intptr_t t = 0; t < terms; ++t) {
            REAL s = scale[t * term_scale];
            const REAL *row = b + t * term_b + i;
            for (int j = 0; j < 4; ++j) sum[j] += s * row[j];
        }
        for (int j = 0; j < 4; ++j) c[i + j] = sum[j];
    }
    for (; i < width; ++i) {
        REAL sum = overwrite ? 0 : c[i];
        for (intptr_t t = 0; t < terms; ++t) sum += scale[t * term_scale] * b[t * term_b + i];
        c[i] = sum;
    }
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
            REAL lane[NAME(lanes)] = {0};
            intptr_t i = start;
            for (; i + NAME(lanes) <= end; i += NAME(lanes)) {
                for (int j = 0; j < NAME(lanes); ++j) lane[j] += a[i + j] * b[i + j];
            }
            for (int half = NAME(lanes) / 2; half > 0; half /= 2) {
                for (int j = 0; j < half; ++j) lane[j] += lane[j + half];
            }
            for (; i < end; ++i) lane[0] += a[i] * b[i];
            total += lane[0];
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
