// Reductions: a plane of (kept, reduced) elements at a time, along whichever of the two is contiguous.
#include "ckernels_reduction.h"

#include <math.h>
#include <string.h>

#include "clones.h"

#define SUM(a, b) ((a) + (b))
#define PRODUCT(a, b) ((a) * (b))
// NaN wins: once in `a` it stays, and from `b` it is taken.
#define MAXIMUM(a, b) ((b) > (a) || (b) != (b) ? (b) : (a))
#define MINIMUM(a, b) ((b) < (a) || (b) != (b) ? (b) : (a))

enum { LANES = 16 };

// The elements of a row go to `LANES` accumulators in turn, which are combined in a fixed order.
#define ROWS(name, T, A, OP, IDENTITY)                                                                \
    CK_CLONES static void rows_##name(A *restrict results, const T *restrict input, int64_t width,    \
                                      int64_t kept, int64_t count, int64_t stride) {                  \
        for (int64_t k = 0; k < width; k++) {                                                         \
            const T *row = input + k * kept;                                                          \
            A result = results[k];                                                                    \
            int64_t i = 0;                                                                            \
            if (count >= LANES) {                                                                     \
                A lanes[LANES];                                                                       \
                for (int l = 0; l < LANES; l++) lanes[l] = (A)IDENTITY;                               \
                if (stride == 1)                                                                      \
                    for (; i + LANES <= count; i += LANES)                                            \
                        CK_LOOP for (int l = 0; l < LANES; l++) lanes[l] = OP(lanes[l], (A)row[i + l]); \
                else                                                                                  \
                    for (; i + LANES <= count; i += LANES)                                            \
                        for (int l = 0; l < LANES; l++)                                               \
                            lanes[l] = OP(lanes[l], (A)row[(i + l) * stride]);                        \
                for (int half = LANES / 2; half > 0; half /= 2)                                       \
                    for (int l = 0; l < half; l++) lanes[l] = OP(lanes[l], lanes[l + half]);          \
                result = OP(result, lanes[0]);                                                        \
            }                                                                                         \
            for (; i < count; i++) result = OP(result, (A)row[i * stride]);                           \
            results[k] = result;                                                                      \
        }                                                                                             \
    }

// Four rows at a time, so that accumulators are loaded and stored a quarter as often.
#define COLUMNS(name, T, A, OP, IDENTITY)                                                             \
    CK_CLONES static void columns_##name(A *restrict results, const T *restrict input, int64_t width, \
                                         int64_t count, int64_t stride) {                             \
        int64_t i = 0;                                                                                \
        for (; i + 4 <= count; i += 4) {                                                              \
            const T *a = input + i * stride, *b = a + stride, *c = b + stride, *d = c + stride;       \
            CK_LOOP for (int64_t k = 0; k < width; k++) {                                             \
                A ab = OP((A)a[k], (A)b[k]), cd = OP((A)c[k], (A)d[k]);                               \
                A abcd = OP(ab, cd);                                                                  \
                results[k] = OP(results[k], abcd);                                                    \
            }                                                                                         \
        }                                                                                             \
        for (; i < count; i++) {                                                                      \
            const T *a = input + i * stride;                                                          \
            CK_LOOP for (int64_t k = 0; k < width; k++) results[k] = OP(results[k], (A)a[k]);         \
        }                                                                                             \
    }                                                                                                 \
    /* Short rows without gaps: as many as fit are one long row of accumulators. */                   \
    static void short_columns_##name(A *restrict results, const T *restrict input, int64_t width,     \
                                     int64_t count) {                                                 \
        A wide[CK_REDUCE_WIDTH];                                                                      \
        int64_t group = CK_REDUCE_WIDTH / width;                                                      \
        if (group > count / 4) group = count / 4;                                                     \
        int64_t groups = group > 1 ? count / group : 0;                                               \
        if (groups > 0) {                                                                             \
            for (int64_t k = 0; k < group * width; k++) wide[k] = (A)IDENTITY;                        \
            columns_##name(wide, input, group * width, groups, group * width);                        \
            for (int64_t g = 0; g < group; g++)                                                       \
                for (int64_t k = 0; k < width; k++) results[k] = OP(results[k], wide[g * width + k]); \
        }                                                                                             \
        int64_t done = groups * group;                                                                \
        columns_##name(results, input + done * width, width, count - done, width);                    \
    }

#define REDUCTION(name, T, A, OP, IDENTITY)                                                           \
    ROWS(name, T, A, OP, IDENTITY)                                                                    \
    COLUMNS(name, T, A, OP, IDENTITY)                                                                 \
    static void start_##name(void *results, int64_t width) {                                          \
        for (int64_t k = 0; k < width; k++) ((A *)results)[k] = (A)IDENTITY;                          \
    }                                                                                                 \
    static void plane_##name(void *results, const void *input, int64_t offset, int64_t width,         \
                             int64_t kept, int64_t count, int64_t stride) {                           \
        const T *first = (const T *)input + offset;                                                   \
        if (width == 1 || kept != 1)                                                                  \
            rows_##name(results, first, width, kept, count, stride);                                  \
        else if (stride == width && width <= 64)                                                      \
            short_columns_##name(results, first, width, count);                                       \
        else                                                                                          \
            columns_##name(results, first, width, count, stride);                                     \
    }                                                                                                 \
    static void combine_##name(void *results_, const void *others_, int64_t width) {                  \
        A *results = results_;                                                                        \
        const A *others = others_;                                                                    \
        for (int64_t k = 0; k < width; k++) results[k] = OP(results[k], others[k]);                   \
    }

REDUCTION(sum_f32, float, double, SUM, 0)
REDUCTION(sum_f64, double, double, SUM, 0)
REDUCTION(sum_i64, int64_t, uint64_t, SUM, 0)
REDUCTION(maximum_f32, float, float, MAXIMUM, -INFINITY)
REDUCTION(maximum_f64, double, double, MAXIMUM, -INFINITY)
REDUCTION(maximum_i64, int64_t, int64_t, MAXIMUM, INT64_MIN)
REDUCTION(minimum_f32, float, float, MINIMUM, INFINITY)
REDUCTION(minimum_f64, double, double, MINIMUM, INFINITY)
REDUCTION(minimum_i64, int64_t, int64_t, MINIMUM, INT64_MAX)
REDUCTION(product_f32, float, float, PRODUCT, 1)
REDUCTION(product_f64, double, double, PRODUCT, 1)
REDUCTION(product_i64, int64_t, uint64_t, PRODUCT, 1)

typedef struct {
    void (*start)(void *results, int64_t width);
    void (*plane)(void *results, const void *input, int64_t offset, int64_t width, int64_t kept, int64_t count,
                  int64_t stride);
    void (*combine)(void *results, const void *others, int64_t width);
} reducer;

#define REDUCER(name) {start_##name, plane_##name, combine_##name}

static const reducer reducers[CK_REDUCE_COUNT][3] = {
    {REDUCER(sum_f32), REDUCER(sum_f64), REDUCER(sum_i64)},
    {REDUCER(maximum_f32), REDUCER(maximum_f64), REDUCER(maximum_i64)},
    {REDUCER(minimum_f32), REDUCER(minimum_f64), REDUCER(minimum_i64)},
    {REDUCER(product_f32), REDUCER(product_f64), REDUCER(product_i64)},
};

#define FINISH(A, T)                                                                                  \
    do {                                                                                              \
        const A *values = results;                                                                    \
        T *to = result;                                                                               \
        for (int64_t k = 0; k < width; k++) {                                                         \
            T *element = to + k * p->result_stride;                                                   \
            *element = (T)(accumulate ? (A)*element + values[k] : values[k]);                         \
        }                                                                                             \
    } while (0)

static void finish(const ck_reduction *p, const void *results, int64_t width, void *result, int accumulate) {
    int is_float = p->storage == CK_FLOAT32 && p->operation != CK_REDUCE_SUM;
    if (p->storage == CK_INT64)
        FINISH(uint64_t, uint64_t);
    else if (p->result_storage == CK_FLOAT32 && is_float)
        FINISH(float, float);
    else if (p->result_storage == CK_FLOAT32)
        FINISH(double, float);
    else if (is_float)
        FINISH(float, double);
    else
        FINISH(double, double);
}

void ck_reduce(const ck_reduction *p, const void *input, int64_t width, int64_t first, int64_t last, void *partial,
               void *result, int accumulate) {
    const reducer *r = &reducers[p->operation][p->storage];
    char scratch[CK_REDUCE_WIDTH * 8] __attribute__((aligned(64)));
    void *results = partial ? partial : scratch;
    r->start(results, width);

    int64_t index[p->outer_count + 1];
    // Where there is nothing to reduce, sizes are zero: no division by them.
    int is_empty = first >= last;
    int64_t rest = is_empty ? 0 : first / p->inner_size, inner = is_empty ? 0 : first % p->inner_size, offset = 0;
    for (int axis = is_empty ? -1 : p->outer_count - 1; axis >= 0; axis--) {
        index[axis] = rest % p->outer_sizes[axis];
        rest /= p->outer_sizes[axis];
        offset += index[axis] * p->outer_strides[axis];
    }
    while (first < last) {
        int64_t count = p->inner_size - inner < last - first ? p->inner_size - inner : last - first;
        r->plane(results, input, offset + inner * p->inner_stride, width, p->kept_stride, count, p->inner_stride);
        first += count;
        inner = 0;
        for (int axis = p->outer_count - 1; axis >= 0; axis--) {
            offset += p->outer_strides[axis];
            if (++index[axis] < p->outer_sizes[axis]) break;
            offset -= p->outer_strides[axis] * p->outer_sizes[axis];
            index[axis] = 0;
        }
    }
    if (!partial) finish(p, results, width, result, accumulate);
}

void ck_reduce_combine(const ck_reduction *p, const void *partial, int64_t part_stride, int64_t parts, int64_t width,
                       void *result, int accumulate) {
    const reducer *r = &reducers[p->operation][p->storage];
    size_t bytes = p->storage == CK_FLOAT32 && p->operation != CK_REDUCE_SUM ? 4 : 8;
    char results[CK_REDUCE_WIDTH * 8] __attribute__((aligned(64)));
    memcpy(results, partial, (size_t)width * bytes);
    for (int64_t part = 1; part < parts; part++)
        r->combine(results, (const char *)partial + (size_t)(part * part_stride) * bytes, width);
    finish(p, results, width, result, accumulate);
}
