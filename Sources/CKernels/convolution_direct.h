// The direct convolutions of convolution.c for one element type. Included once for each, with REAL and NAME(x) defined.

// `vectors` x 8 columns in `rows` rows of `outputs` output planes, all constant: all sums stay in registers. `count` of
// the columns are written; `unit` says, as a constant too, that the stride is 1.
CK_INLINE void NAME(convolve_block)(
    int outputs, int rows, int vectors, int unit, intptr_t count, const ck_layout *l, const REAL *padded,
    intptr_t plane, intptr_t channels, const REAL *kernels, REAL *output, int overwrite) {
    NAME(lanes) sum[4][2] = {{{0}}};
    intptr_t kernel_height = l->planes.kernel_height, kernel_width = l->planes.kernel_width;
    intptr_t next_row = l->planes.stride_height * l->padded_row, next_kernel = channels * l->taps;
    for (intptr_t channel = 0; channel < channels; ++channel) {
        for (intptr_t r = 0; r < kernel_height; ++r) {
            const REAL *row = padded + channel * plane + r * l->down;
            ck_tap tap = {0, 0};
            for (intptr_t column = 0; column < kernel_width; ++column, ++kernels) {
                const REAL *seen = unit ? row : row + ck_tap_offset(l, tap);
                CK_UNROLL for (int o = 0; o < outputs; ++o) {
                    REAL weight = kernels[o * next_kernel];
                    CK_UNROLL for (int i = 0; i < rows; ++i) {
                        CK_UNROLL for (int v = 0; v < vectors; ++v) {
                            sum[o * rows + i][v] += weight * CK_CONSTANT_LANES(seen + i * next_row + 8 * v);
                        }
                    }
                }
                if (unit) {
                    row += l->across_quotient;
                } else {
                    ck_next_tap(l, &tap);
                }
            }
        }
    }
    CK_UNROLL for (int o = 0; o < outputs; ++o) {
        CK_UNROLL for (int i = 0; i < rows; ++i) {
            REAL *to = output + o * l->out_plane + i * l->planes.out_width;
            if (count == 8 * vectors) {
                CK_UNROLL for (int v = 0; v < vectors; ++v) {
                    NAME(lanes) old = overwrite ? (NAME(lanes)){0} : CK_CONSTANT_LANES(to + 8 * v);
                    CK_LANES(to + 8 * v) = sum[o * rows + i][v] + old;
                }
            } else {
                REAL part[16];
                CK_UNROLL for (int v = 0; v < vectors; ++v) CK_LANES(part + 8 * v) = sum[o * rows + i][v];
                for (intptr_t j = 0; j < count; ++j) to[j] = part[j] + (overwrite ? 0 : to[j]);
            }
        }
    }
}

CK_INLINE void NAME(convolve_rows)(
    int outputs, int rows, int unit, const ck_layout *l, const REAL *padded, intptr_t plane, intptr_t channels,
    const REAL *kernels, REAL *output, int overwrite) {
    intptr_t q = 0, width = l->planes.out_width;
    for (; q + 8 < width; q += 16) {
        intptr_t count = width - q < 16 ? width - q : 16;
        NAME(convolve_block)(
            outputs, rows, 2, unit, count, l, padded + q, plane, channels, kernels, output + q, overwrite);
    }
    if (q < width) {
        NAME(convolve_block)(
            outputs, rows, 1, unit, width - q, l, padded + q, plane, channels, kernels, output + q, overwrite);
    }
}

CK_INLINE void NAME(convolve)(
    int unit, const ck_layout *l, const REAL *padded, intptr_t channels, const REAL *kernels, intptr_t outputs,
    intptr_t first, intptr_t end, REAL *output, int overwrite) {
    intptr_t kernel = channels * l->taps, width = l->planes.out_width;
    intptr_t plane = ck_padded_rows(&l->planes, end - first) * l->padded_row;
    intptr_t next_row = l->planes.stride_height * l->padded_row;
    // Four outputs at a time share what they read; the others take four rows at a time.
    intptr_t shared = outputs / 4 * 4;
    for (intptr_t p = first; shared > 0 && p < end; ++p) {
        const REAL *row = padded + (p - first) * next_row;
        for (intptr_t o = 0; o < shared; o += 4) {
            REAL *to = output + o * l->out_plane + p * width;
            NAME(convolve_rows)(4, 1, unit, l, row, plane, channels, kernels + o * kernel, to, overwrite);
        }
    }
    for (intptr_t o = shared; o < outputs; ++o) {
        const REAL *row = padded;
        REAL *to = output + o * l->out_plane + first * width;
        intptr_t p = first;
        for (; p + 4 <= end; p += 4, row += 4 * next_row, to += 4 * width) {
            NAME(convolve_rows)(1, 4, unit, l, row, plane, channels, kernels + o * kernel, to, overwrite);
        }
        for (; p < end; ++p, row += next_row, to += width) {
            NAME(convolve_rows)(1, 1, unit, l, row, plane, channels, kernels + o * kernel, to, overwrite);
        }
    }
}

CK_CLONES void NAME(ck_convolve)(
    const ck_planes *planes, const REAL *padded, intptr_t channels, const REAL *kernels, intptr_t outputs,
    intptr_t first, intptr_t end, REAL *output, int overwrite) {
    ck_layout l = ck_layout_of(planes);
    if (planes->stride_width == 1) {
        NAME(convolve)(1, &l, padded, channels, kernels, outputs, first, end, output, overwrite);
    } else {
        NAME(convolve)(0, &l, padded, channels, kernels, outputs, first, end, output, overwrite);
    }
}

CK_CLONES void NAME(ck_convolve_back)(
    const ck_planes *planes, const REAL *output, intptr_t outputs, const REAL *kernels, intptr_t kernel_stride,
    REAL *channel, REAL *padded) {
    ck_layout l = ck_layout_of(planes);
    NAME(zero_run)(padded, ck_padded_rows(planes, planes->out_height) * l.padded_row);
    for (intptr_t o = 0; o < outputs; ++o, output += l.out_plane, kernels += kernel_stride) {
        for (intptr_t p = 0; p < planes->out_height; ++p) {
            const REAL *restrict from = output + p * planes->out_width;
            for (intptr_t r = 0; r < planes->kernel_height; ++r) {
                REAL *row = padded + p * planes->stride_height * l.padded_row + r * l.down;
                ck_tap tap = {0, 0};
                for (intptr_t column = 0; column < planes->kernel_width; ++column) {
                    REAL *restrict to = row + ck_tap_offset(&l, tap);
                    REAL weight = kernels[r * planes->kernel_width + column];
                    for (intptr_t q = 0; q < planes->out_width; ++q) to[q] += weight * from[q];
                    ck_next_tap(&l, &tap);
                }
            }
        }
    }
    NAME(unpad)(&l, padded, 0, planes->out_height, channel);
}

// The inner products of `outputs` planes with what `columns` neighbouring taps of one kernel row see, both constant.
CK_INLINE void NAME(taps_block)(
    int outputs, int columns, const ck_layout *l, const REAL *seen, const intptr_t *offsets, intptr_t seen_row,
    const REAL *widened, double *sums, intptr_t sums_stride) {
    NAME(lanes) sum[4][3] = {{{0}}};
    intptr_t width = l->widened_width, plane = width * l->planes.out_height;
    for (intptr_t p = 0; p < l->planes.out_height; ++p) {
        const REAL *across = seen + p * seen_row, *down = widened + p * width;
        for (intptr_t q = 0; q < width; q += 8) {
            CK_UNROLL for (int o = 0; o < outputs; ++o) {
                NAME(lanes) y = CK_CONSTANT_LANES(down + o * plane + q);
                CK_UNROLL for (int c = 0; c < columns; ++c) sum[o][c] += y * CK_CONSTANT_LANES(across + offsets[c] + q);
            }
        }
    }
    CK_UNROLL for (int o = 0; o < outputs; ++o) {
        CK_UNROLL for (int c = 0; c < columns; ++c) sums[o * sums_stride + c] += CK_TOTAL(sum[o][c]);
    }
}

CK_CLONES void NAME(ck_convolve_taps)(
    const ck_planes *planes, const REAL *padded, const REAL *widened, intptr_t outputs, double *sums,
    intptr_t sums_stride) {
    ck_layout l = ck_layout_of(planes);
    intptr_t seen_row = planes->stride_height * l.padded_row, plane = l.widened_width * planes->out_height;
    for (intptr_t r = 0; r < planes->kernel_height; ++r) {
        const REAL *seen = padded + r * l.down;
        ck_tap tap = {0, 0};
        intptr_t column = 0;
        while (column < planes->kernel_width) {
            intptr_t offsets[3];
            int columns = planes->kernel_width - column >= 3 ? 3 : 1;
            for (int c = 0; c < columns; ++c) {
                offsets[c] = ck_tap_offset(&l, tap);
                ck_next_tap(&l, &tap);
            }
            double *to = sums + r * planes->kernel_width + column;
            for (intptr_t o = 0; o < outputs;) {
                const REAL *from = widened + o * plane;
                double *at = to + o * sums_stride;
                int four = outputs - o >= 4;
                if (columns == 3 && four) {
                    NAME(taps_block)(4, 3, &l, seen, offsets, seen_row, from, at, sums_stride);
                } else if (columns == 3) {
                    NAME(taps_block)(1, 3, &l, seen, offsets, seen_row, from, at, sums_stride);
                } else if (four) {
                    NAME(taps_block)(4, 1, &l, seen, offsets, seen_row, from, at, sums_stride);
                } else {
                    NAME(taps_block)(1, 1, &l, seen, offsets, seen_row, from, at, sums_stride);
                }
                o += four ? 4 : 1;
            }
            column += columns;
        }
    }
}
