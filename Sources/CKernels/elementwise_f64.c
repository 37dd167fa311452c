// Elementwise operations of float64.
#include <math.h>

#include "clones.h"
#include "elementwise_tables.h"

#define T double
#define SUFFIX f64
#define LIBM(name) name

CK_INLINE T ck_exp_f64(T a) { return exp(a); }
CK_INLINE T ck_expm1_f64(T a) { return expm1(a); }
CK_INLINE T ck_log_f64(T a) { return log(a); }
CK_INLINE T ck_log1p_f64(T a) { return log1p(a); }
CK_INLINE T ck_tanh_f64(T a) { return tanh(a); }
CK_INLINE T ck_sigmoid_f64(T a) {
    T z = exp(-fabs(a));
    return a < 0 ? z / (1 + z) : 1 / (1 + z);
}
CK_INLINE T ck_erf_f64(T a) { return erf(a); }
CK_INLINE T ck_softplus_f64(T a) { return (a < 0 ? 0 : a) + log1p(exp(-fabs(a))); }
CK_INLINE T ck_power_f64(T a, T b) { return pow(a, b); }
static void sin_f64(void *result, const void *a, const void *b, const void *c, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) ((T *)result)[i] = sin(((const T *)a)[i]);
}
static void cos_f64(void *result, const void *a, const void *b, const void *c, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) ((T *)result)[i] = cos(((const T *)a)[i]);
}

#include "elementwise_real.h"
