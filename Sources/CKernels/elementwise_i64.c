// Elementwise operations of int64: they wrap around, and nothing traps.
#include <stddef.h>

#include "clones.h"
#include "elementwise_tables.h"

#define T int64_t
#define SUFFIX i64
#include "elementwise_definitions.h"

CK_INLINE int64_t wrapping_add(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }
CK_INLINE int64_t wrapping_subtract(int64_t a, int64_t b) { return (int64_t)((uint64_t)a - (uint64_t)b); }
CK_INLINE int64_t wrapping_multiply(int64_t a, int64_t b) { return (int64_t)((uint64_t)a * (uint64_t)b); }
CK_INLINE int64_t wrapping_negate(int64_t a) { return (int64_t)(0 - (uint64_t)a); }

// Toward zero; by zero gives 0. By -1 apart, since the least integer has no negative.
CK_INLINE int64_t quotient(int64_t a, int64_t b) {
    if (b == 0) return 0;
    return b == -1 ? wrapping_negate(a) : a / b;
}
CK_INLINE int64_t truncated_remainder(int64_t a, int64_t b) {
    if (b == 0 || b == -1) return 0;
    return a % b;
}
// As Python's %: the sign of the divisor.
CK_INLINE int64_t remainder_(int64_t a, int64_t b) {
    int64_t r = truncated_remainder(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
// A negative power is the quotient 1 / base^-exponent, so 0 unless the base is 1 or -1.
CK_INLINE int64_t power_(int64_t base, int64_t exponent) {
    if (exponent < 0) {
        if (base == 1) return 1;
        if (base == -1) return exponent % 2 == 0 ? 1 : -1;
        return 0;
    }
    uint64_t result = 1, square = (uint64_t)base;
    for (; exponent > 0; exponent >>= 1, square *= square)
        if (exponent & 1) result *= square;
    return (int64_t)result;
}

UNARY(negate, wrapping_negate(a))
UNARY(absolute, a < 0 ? wrapping_negate(a) : a)
UNARY(sign, (a > 0) - (a < 0))
UNARY(square, wrapping_multiply(a, a))
UNARY(relu, a < 0 ? 0 : a)
UNARY(step, a > 0)
UNARY(identity, a)
BINARY(add, wrapping_add(a, b))
BINARY(subtract, wrapping_subtract(a, b))
BINARY(multiply, wrapping_multiply(a, b))
BINARY_SCALAR(divide, quotient(a, b))
BINARY_SCALAR(power, power_(a, b))
BINARY(maximum, a > b ? a : b)
BINARY(minimum, a < b ? a : b)
BINARY_SCALAR(remainder, remainder_(a, b))
BINARY_SCALAR(truncated_remainder, truncated_remainder(a, b))
BINARY_TO_BOOL(equal, a == b)
BINARY_TO_BOOL(less, a < b)
BINARY_TO_BOOL(less_or_equal, a <= b)
SELECT

const ck_elementwise ck_operations_i64[CK_OPERATION_COUNT] = {
    [CK_NEGATE] = N(negate), [CK_ABSOLUTE] = N(absolute), [CK_SIGN] = N(sign), [CK_SQUARE] = N(square),
    [CK_RELU] = N(relu), [CK_STEP] = N(step), [CK_IDENTITY] = N(identity),
    [CK_ADD] = N(add), [CK_SUBTRACT] = N(subtract), [CK_MULTIPLY] = N(multiply), [CK_DIVIDE] = N(divide),
    [CK_POWER] = N(power), [CK_MAXIMUM] = N(maximum), [CK_MINIMUM] = N(minimum),
    [CK_REMAINDER] = N(remainder), [CK_TRUNCATED_REMAINDER] = N(truncated_remainder),
    [CK_EQUAL] = N(equal), [CK_LESS] = N(less), [CK_LESS_OR_EQUAL] = N(less_or_equal),
    // Integers are whole already.
    [CK_FLOOR] = N(identity), [CK_CEIL] = N(identity), [CK_ROUND] = N(identity),
    [CK_SELECT] = N(select),
};
