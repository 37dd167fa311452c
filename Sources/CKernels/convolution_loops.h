// The loops of convolution.c for one element type. Included once for each, with REAL and NAME(x) defined.

// Short runs are the rule (rows of small images), so this has to start faster than memcpy.
CK_INLINE void NAME(copy_run)(REAL *to, const REAL *from, intptr_t count) {
    enum { width = 32 / sizeof(REAL) };
    if (count >= width) {
        intptr_t i = 0;
        for (; i + width <= count; i += width) __builtin_memcpy(to + i, from + i, 32);
        // The last part overlaps what is there already.
        __builtin_memcpy(to + count - width, from + count - width, 32);
    } else {
        for (intptr_t i = 0; i < count; ++i) to[i] = from[i];
    }
}

CK_INLINE void NAME(zero_run)(REAL *to, intptr_t count) {
    for (intptr_t i = 0; i < count; ++i) to[i] = 0;
}

CK_CLONES void NAME(ck_unfold)(
    const ck_planes *planes, const REAL *image, intptr_t first_row, intptr_t end_row, intptr_t first, intptr_t end,
    REAL *matrix, intptr_t leading) {
    const ck_planes s = *planes;
    intptr_t tap_count = s.kernel_height * s.kernel_width;
    intptr_t first_p = first / s.out_width, first_q = first % s.out_width;
    for (intptr_t row = first_row; row < end_row; ++row, matrix += leading) {
        intptr_t tap = row % tap_count, column = tap % s.kernel_width;
        const REAL *channel = image + row / tap_count * s.height * s.width;
        intptr_t down = tap / s.kernel_width * s.dilation_height - s.pad_height;
        ck_range seen = ck_seen(&s, column);
        REAL *to = matrix;
        intptr_t q = first_q;
        for (intptr_t p = first_p, left = end - first; left > 0; ++p, q = 0) {
            intptr_t end_q = s.out_width - q < left ? s.out_width : q + left;
            intptr_t count = end_q - q;
            intptr_t h = p * s.stride_height + down;
            if (h < 0 || h >= s.height) {
                NAME(zero_run)(to, count);
            } else {
                intptr_t low = seen.begin > q ? (seen.begin < end_q ? seen.begin : end_q) : q;
                intptr_t high = seen.end < end_q ? (seen.end > low ? seen.end : low) : end_q;
                const REAL *from = channel + h * s.width + column * s.dilation_width - s.pad_width;
                NAME(zero_run)(to, low - q);
                if (s.stride_width == 1) {
                    NAME(copy_run)(to + low - q, from + low, high - low);
                } else {
                    for (intptr_t i = low; i < high; ++i) to[i - q] = from[i * s.stride_width];
                }
                NAME(zero_run)(to + high - q, end_q - high);
            }
            to += count;
            left -= count;
        }
    }
}

CK_CLONES void NAME(ck_fold)(
    const ck_planes *planes, const REAL *matrix, intptr_t leading, intptr_t first_row, intptr_t end_row,
    intptr_t first, intptr_t end, REAL *image) {
    const ck_planes s = *planes;
    intptr_t tap_count = s.kernel_height * s.kernel_width;
    intptr_t first_p = first / s.out_width, first_q = first % s.out_width;
    for (intptr_t row = first_row; row < end_row; ++row, matrix += leading) {
        intptr_t tap = row % tap_count, column = tap % s.kernel_width;
        REAL *channel = image + row / tap_count * s.height * s.width;
        intptr_t down = tap / s.kernel_width * s.dilation_height - s.pad_height;
        ck_range seen = ck_seen(&s, column);
        const REAL *from = matrix;
        intptr_t q = first_q;
        for (intptr_t p = first_p, left = end - first; left > 0; ++p, q = 0) {
            intptr_t end_q = s.out_width - q < left ? s.out_width : q + left;
            intptr_t h = p * s.stride_height + down;
            if (h >= 0 && h < s.height) {
                intptr_t low = seen.begin > q ? seen.begin : q;
                intptr_t high = seen.end < end_q ? seen.end : end_q;
                REAL *restrict to = channel + h * s.width + column * s.dilation_width - s.pad_width;
                const REAL *restrict source = from - q;
                if (s.stride_width == 1) {
                    for (intptr_t i = low; i < high; ++i) to[i] += source[i];
                } else {
                    for (intptr_t i = low; i < high; ++i) to[i * s.stride_width] += source[i];
                }
            }
            from += end_q - q;
            left -= end_q - q;
        }
    }
}

CK_CLONES void NAME(ck_move_runs)(
    intptr_t outer, intptr_t outer_from, intptr_t outer_to, intptr_t inner, intptr_t inner_from, intptr_t inner_to,
    intptr_t run, const REAL *from, REAL *to, int add) {
    for (intptr_t i = 0; i < outer; ++i) {
        for (intptr_t j = 0; j < inner; ++j) {
            const REAL *restrict source = from + i * outer_from + j * inner_from;
            REAL *restrict target = to + i * outer_to + j * inner_to;
            if (add) {
                for (intptr_t e = 0; e < run; ++e) target[e] += source[e];
            } else {
                NAME(copy_run)(target, source, run);
            }
        }
    }
}

CK_CLONES void NAME(ck_convolve_plane)(
    const ck_planes *planes, const REAL *image, const REAL *kernel, REAL *output) {
    const ck_planes s = *planes;
    for (intptr_t p = 0; p < s.out_height; ++p) {
        REAL *restrict to = output + p * s.out_width;
        for (intptr_t r = 0; r < s.kernel_height; ++r) {
            intptr_t h = p * s.stride_height + r * s.dilation_height - s.pad_height;
            if (h < 0 || h >= s.height) continue;
            for (intptr_t column = 0; column < s.kernel_width; ++column) {
                ck_range seen = ck_seen(&s, column);
                const REAL *restrict from = image + h * s.width + column * s.dilation_width - s.pad_width;
                REAL weight = kernel[r * s.kernel_width + column];
                if (s.stride_width == 1) {
                    for (intptr_t q = seen.begin; q < seen.end; ++q) to[q] += weight * from[q];
                } else {
                    for (intptr_t q = seen.begin; q < seen.end; ++q) to[q] += weight * from[q * s.stride_width];
                }
            }
        }
    }
}

CK_CLONES void NAME(ck_convolve_plane_back)(
    const ck_planes *planes, const REAL *output, const REAL *kernel, REAL *image) {
    const ck_planes s = *planes;
    for (intptr_t p = 0; p < s.out_height; ++p) {
        const REAL *restrict from = output + p * s.out_width;
        for (intptr_t r = 0; r < s.kernel_height; ++r) {
            intptr_t h = p * s.stride_height + r * s.dilation_height - s.pad_height;
            if (h < 0 || h >= s.height) continue;
            for (intptr_t column = 0; column < s.kernel_width; ++column) {
                ck_range seen = ck_seen(&s, column);
                REAL *restrict to = image + h * s.width + column * s.dilation_width - s.pad_width;
                REAL weight = kernel[r * s.kernel_width + column];
                if (s.stride_width == 1) {
                    for (intptr_t q = seen.begin; q < seen.end; ++q) to[q] += weight * from[q];
                } else {
                    for (intptr_t q = seen.begin; q < seen.end; ++q) to[q * s.stride_width] += weight * from[q];
                }
            }
        }
    }
}

CK_CLONES void NAME(ck_convolve_plane_taps)(
    const ck_planes *planes, const REAL *image, const REAL *output, double *sums) {
    enum { lanes = 32 / sizeof(REAL) };
    const ck_planes s = *planes;
    for (intptr_t r = 0; r < s.kernel_height; ++r) {
        for (intptr_t column = 0; column < s.kernel_width; ++column) {
            ck_range seen = ck_seen(&s, column);
            double total = 0;
            for (intptr_t p = 0; p < s.out_height; ++p) {
                intptr_t h = p * s.stride_height + r * s.dilation_height - s.pad_height;
                if (h < 0 || h >= s.height) continue;
                const REAL *across = image + h * s.width + column * s.dilation_width - s.pad_width;
                const REAL *down = output + p * s.out_width;
                REAL sum[lanes] = {0};
                intptr_t q = seen.begin;
                if (s.stride_width == 1) {
                    for (; q + lanes <= seen.end; q += lanes) {
                        for (int j = 0; j < lanes; ++j) sum[j] += across[q + j] * down[q + j];
                    }
                }
                for (; q < seen.end; ++q) sum[0] += across[q * s.stride_width] * down[q];
                for (int half = lanes / 2; half > 0; half /= 2) {
                    for (int j = 0; j < half; ++j) sum[j] += sum[j + half];
                }
                total += sum[0];
            }
            sums[r * s.kernel_width + column] += total;
        }
    }
}
