// The moves of convolution.c for one element type. Included once for each, with REAL and NAME(x) defined.

// Short runs are the rule (rows of small images), so this has to start faster than memcpy.
CK_INLINE void NAME(copy_run)(REAL *to, const REAL *from, intptr_t count) {
    if (count >= 8) {
        intptr_t i = 0;
        for (; i + 8 <= count; i += 8) __builtin_memcpy(to + i, from + i, 8 * sizeof(REAL));
        // The last part overlaps what is there already.
        __builtin_memcpy(to + count - 8, from + count - 8, 8 * sizeof(REAL));
    } else if (count >= 4) {
        __builtin_memcpy(to, from, 4 * sizeof(REAL));
        __builtin_memcpy(to + count - 4, from + count - 4, 4 * sizeof(REAL));
    } else {
        for (intptr_t i = 0; i < count; ++i) to[i] = from[i];
    }
}

CK_INLINE void NAME(zero_run)(REAL *to, intptr_t count) {
    for (intptr_t i = 0; i < count; ++i) to[i] = 0;
}

CK_INLINE void NAME(add_run)(REAL *restrict to, const REAL *restrict from, intptr_t count) {
    intptr_t i = 0;
    for (; i + 8 <= count; i += 8) {
        for (int j = 0; j < 8; ++j) to[i + j] += from[i + j];
    }
    if (i + 4 <= count) {
        for (int j = 0; j < 4; ++j) to[i + j] += from[i + j];
        i += 4;
    }
    for (; i < count; ++i) to[i] += from[i];
}

CK_INLINE void NAME(pad)(const ck_layout *l, const REAL *channel, intptr_t first, intptr_t end, REAL *padded) {
    const ck_planes *s = &l->planes;
    intptr_t width = l->padded_width, rows = ck_padded_rows(s, end - first);
    for (intptr_t remainder = 0; remainder < s->stride_width; ++remainder) {
        ck_range filled = ck_filled(l, remainder);
        REAL *to = padded + remainder * width;
        for (intptr_t row = 0; row < rows; ++row, to += l->padded_row) {
            intptr_t h = first * s->stride_height - s->pad_height + row;
            if (h < 0 || h >= s->height) {
                NAME(zero_run)(to, width);
                continue;
            }
            const REAL *from = channel + h * s->width + remainder - s->pad_width;
            NAME(zero_run)(to, filled.begin);
            if (s->stride_width == 1) {
                NAME(copy_run)(to + filled.begin, from + filled.begin, filled.end - filled.begin);
            } else {
                for (intptr_t i = filled.begin; i < filled.end; ++i) to[i] = from[i * s->stride_width];
            }
            NAME(zero_run)(to + filled.end, width - filled.end);
        }
    }
}

// The transpose: adds what is in a padded plane to the channel.
CK_INLINE void NAME(unpad)(const ck_layout *l, const REAL *padded, intptr_t first, intptr_t end, REAL *channel) {
    const ck_planes *s = &l->planes;
    intptr_t rows = ck_padded_rows(s, end - first);
    for (intptr_t remainder = 0; remainder < s->stride_width; ++remainder) {
        ck_range filled = ck_filled(l, remainder);
        const REAL *from = padded + remainder * l->padded_width;
        for (intptr_t row = 0; row < rows; ++row, from += l->padded_row) {
            intptr_t h = first * s->stride_height - s->pad_height + row;
            if (h < 0 || h >= s->height) continue;
            REAL *to = channel + h * s->width + remainder - s->pad_width;
            if (s->stride_width == 1) {
                NAME(add_run)(to + filled.begin, from + filled.begin, filled.end - filled.begin);
            } else {
                for (intptr_t i = filled.begin; i < filled.end; ++i) to[i * s->stride_width] += from[i];
            }
        }
    }
}

CK_CLONES void NAME(ck_pad)(
    const ck_planes *planes, const REAL *channel, intptr_t first, intptr_t end, REAL *padded) {
    ck_layout l = ck_layout_of(planes);
    NAME(pad)(&l, channel, first, end, padded);
}

CK_CLONES void NAME(ck_unfold)(
    const ck_planes *planes, const REAL *image, intptr_t first_row, intptr_t end_row, intptr_t first, intptr_t end,
    REAL *matrix, intptr_t leading, REAL *padded) {
    ck_layout l = ck_layout_of(planes);
    intptr_t width = planes->out_width;
    intptr_t first_p = first / width, first_q = first % width, end_p = (end - 1) / width + 1;
    intptr_t channel = first_row / l.taps, r = first_row % l.taps / planes->kernel_width;
    intptr_t column = first_row % planes->kernel_width;
    ck_tap tap = {0, 0};
    for (intptr_t c = 0; c < column; ++c) ck_next_tap(&l, &tap);
    NAME(pad)(&l, image + channel * l.image_plane, first_p, end_p, padded);
    for (intptr_t row = first_row; row < end_row; ++row, matrix += leading) {
        const REAL *from = padded + r * l.down + ck_tap_offset(&l, tap) + first_q;
        REAL *to = matrix;
        intptr_t left = end - first, count = width - first_q < left ? width - first_q : left;
        intptr_t step = planes->stride_height * l.padded_row, back = first_q;
        while (count + 8 <= left) {
            // There is room: what is copied too much is overwritten by the runs to come.
            for (intptr_t i = 0; i < count; i += 8) __builtin_memcpy(to + i, from + i, 8 * sizeof(REAL));
            to += count;
            left -= count;
            from += step - back;
            back = 0;
            count = width < left ? width : left;
        }
        while (left > 0) {
            NAME(copy_run)(to, from, count);
            to += count;
            left -= count;
            from += step - back;
            back = 0;
            count = width < left ? width : left;
        }
        ck_next_tap(&l, &tap);
        if (++column == planes->kernel_width) {
            column = 0;
            tap = (ck_tap){0, 0};
            if (++r == planes->kernel_height) {
                r = 0;
                ++channel;
                if (row + 1 < end_row) NAME(pad)(&l, image + channel * l.image_plane, first_p, end_p, padded);
            }
        }
    }
}

CK_CLONES void NAME(ck_fold)(
    const ck_planes *planes, const REAL *matrix, intptr_t leading, intptr_t first_row, intptr_t end_row,
    intptr_t first, intptr_t end, REAL *image, REAL *padded) {
    ck_layout l = ck_layout_of(planes);
    intptr_t width = planes->out_width;
    intptr_t first_p = first / width, first_q = first % width, end_p = (end - 1) / width + 1;
    for (intptr_t channel = first_row / l.taps; channel < end_row / l.taps; ++channel) {
        NAME(zero_run)(padded, ck_padded_rows(planes, end_p - first_p) * l.padded_row);
        for (intptr_t r = 0; r < planes->kernel_height; ++r) {
            ck_tap tap = {0, 0};
            for (intptr_t column = 0; column < planes->kernel_width; ++column, matrix += leading) {
                intptr_t q = first_q, left = end - first;
                REAL *to = padded + r * l.down + ck_tap_offset(&l, tap) + q;
                const REAL *from = matrix;
                while (left > 0) {
                    intptr_t count = width - q < left ? width - q : left;
                    NAME(add_run)(to, from, count);
                    from += count;
                    left -= count;
                    to += planes->stride_height * l.padded_row - q;
                    q = 0;
                }
                ck_next_tap(&l, &tap);
            }
        }
        NAME(unpad)(&l, padded, first_p, end_p, image + channel * l.image_plane);
    }
}

CK_CLONES void NAME(ck_move_runs)(
    intptr_t outer, intptr_t outer_from, intptr_t outer_to, intptr_t inner, intptr_t inner_from, intptr_t inner_to,
    intptr_t run, const REAL *from, REAL *to, int add) {
    for (intptr_t i = 0; i < outer; ++i) {
        for (intptr_t j = 0; j < inner; ++j) {
            const REAL *source = from + i * outer_from + j * inner_from;
            REAL *target = to + i * outer_to + j * inner_to;
            if (add) {
                NAME(add_run)(target, source, run);
            } else {
                NAME(copy_run)(target, source, run);
            }
        }
    }
}

CK_CLONES void NAME(ck_widen)(const ck_planes *planes, const REAL *output, intptr_t count, REAL *widened) {
    intptr_t width = planes->out_width, widened_width = ck_layout_of(planes).widened_width;
    for (intptr_t row = 0; row < count * planes->out_height; ++row) {
        NAME(copy_run)(widened, output, width);
        NAME(zero_run)(widened + width, widened_width - width);
        widened += widened_width;
        output += width;
    }
}
