// Casts between the storages.
#include <stddef.h>

#include "clones.h"
#include "elementwise_tables.h"

// Toward zero; NaN gives 0, and what does not fit gives the nearest integer that exists.
CK_INLINE int64_t truncated(double a) {
    if (a != a) return 0;
    if (a >= 0x1p63) return INT64_MAX;
    if (a < -0x1p63) return INT64_MIN;
    return (int64_t)a;
}

#define CAST(FROM, from, TO, to, expression)                                                          \
    CK_CLONES static void from##_to_##to(void *result_, const void *a_, const void *b_, const void *c_, \
                                         ptrdiff_t count) {                                           \
        (void)b_, (void)c_;                                                                           \
        TO *result = result_;                                                                         \
        const FROM *as = a_;                                                                          \
        CK_LOOP for (ptrdiff_t i = 0; i < count; i++) {                                               \
            FROM a = as[i];                                                                           \
            result[i] = (TO)(expression);                                                             \
        }                                                                                             \
    }

CAST(float, f32, double, f64, a)
CAST(float, f32, int64_t, i64, truncated(a))
CAST(float, f32, uint8_t, bool, a != 0)
CAST(double, f64, float, f32, a)
CAST(double, f64, int64_t, i64, truncated(a))
CAST(double, f64, uint8_t, bool, a != 0)
CAST(int64_t, i64, float, f32, a)
CAST(int64_t, i64, double, f64, a)
CAST(int64_t, i64, uint8_t, bool, a != 0)
CAST(uint8_t, bool, float, f32, a)
CAST(uint8_t, bool, double, f64, a)
CAST(uint8_t, bool, int64_t, i64, a)

// A cast to the storage that a value has already is a copy; the interpreter asks for `CK_IDENTITY` instead.
const ck_elementwise ck_casts[CK_STORAGE_COUNT][CK_STORAGE_COUNT] = {
    {0, f32_to_f64, f32_to_i64, f32_to_bool},
    {f64_to_f32, 0, f64_to_i64, f64_to_bool},
    {i64_to_f32, i64_to_f64, 0, i64_to_bool},
    {bool_to_f32, bool_to_f64, bool_to_i64, 0},
};
