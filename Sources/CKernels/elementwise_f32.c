// Elementwise operations of float32.
#include <math.h>

#include "clones.h"
#include "elementwise_tables.h"

#define T float
#define SUFFIX f32
#define LIBM(name) name##f

CK_INLINE T ck_exp_f32(T a) { return expf(a); }
CK_INLINE T ck_expm1_f32(T a) { return expm1f(a); }
CK_INLINE T ck_log_f32(T a) { return logf(a); }
CK_INLINE T ck_log1p_f32(T a) { return log1pf(a); }
CK_INLINE T ck_tanh_f32(T a) { return tanhf(a); }
CK_INLINE T ck_sigmoid_f32(T a) {
    T z = expf(-fabsf(a));
    return a < 0 ? z / (1 + z) : 1 / (1 + z);
}
CK_INLINE T ck_erf_f32(T a) { return erff(a); }
CK_INLINE T ck_softplus_f32(T a) { return (a < 0 ? 0 : a) + log1pf(expf(-fabsf(a))); }
CK_INLINE T ck_power_f32(T a, T b) { return powf(a, b); }
static void sin_f32(void *result, const void *a, const void *b, const void *c, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) ((T *)result)[i] = sinf(((const T *)a)[i]);
}
static void cos_f32(void *result, const void *a, const void *b, const void *c, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) ((T *)result)[i] = cosf(((const T *)a)[i]);
}

#include "elementwise_real.h"
