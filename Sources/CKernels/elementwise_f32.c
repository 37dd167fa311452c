// Elementwise operations of float32.
#include "clones.h"
#include "elementwise_tables.h"
#include "math_f32.h"
#include "math_mixed.h"

#define T float
#define SUFFIX f32
#define LIBM(name) name##f
#include "elementwise_definitions.h"

// Whether the reduction of all angles by multiples of pi / 2 is exact enough; not so for infinity and NaN.
CK_CLONES static int are_small(const float *angles, ptrdiff_t count) {
    int32_t large = 0;
    CK_LOOP for (ptrdiff_t i = 0; i < count; i++)
        large |= !(__builtin_elementwise_abs(angles[i]) < CK_LARGEST_ANGLE_F32);
    return !large;
}

UNARY(sin_small, (float)ck_sin_quarter(a, 0))
UNARY(cos_small, (float)ck_sin_quarter(a, 1))
UNARY_SCALAR(sin_any, sinf(a))
UNARY_SCALAR(cos_any, cosf(a))

static void sin_f32(void *result, const void *a, const void *b, const void *c, ptrdiff_t count) {
    (are_small(a, count) ? sin_small_f32 : sin_any_f32)(result, a, b, c, count);
}
static void cos_f32(void *result, const void *a, const void *b, const void *c, ptrdiff_t count) {
    (are_small(a, count) ? cos_small_f32 : cos_any_f32)(result, a, b, c, count);
}

UNARY(erf, ck_erf_f32(a))
BINARY(power, ck_power_f32(a, b))

#include "elementwise_real.h"
