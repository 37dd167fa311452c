// The operations of real numbers, included once for each precision. The including file defines `T`, `SUFFIX`,
// `LIBM(name)`, the C library's function for `T`, the functions named ck_..., and the loops that differ: sin, cos, erf
// and power.

CK_INLINE T N(ck_sign)(T a) { return a != a ? a : (T)((a > 0) - (a < 0)); }
CK_INLINE T N(ck_maximum)(T a, T b) { return a != a || a > b ? a : b; }
CK_INLINE T N(ck_minimum)(T a, T b) { return a != a || a < b ? a : b; }
// As Python's %: the sign of the divisor.
CK_INLINE T N(ck_remainder)(T a, T b) {
    T r = LIBM(fmod)(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

UNARY(negate, -a)
UNARY(absolute, __builtin_elementwise_abs(a))
UNARY(sign, N(ck_sign)(a))
UNARY(exp, N(ck_exp)(a))
UNARY(expm1, N(ck_expm1)(a))
UNARY(log, N(ck_log)(a))
UNARY(log1p, N(ck_log1p)(a))
UNARY(sqrt, __builtin_elementwise_sqrt(a))
UNARY(reciprocal, 1 / a)
UNARY(square, a * a)
UNARY_SCALAR(tan, LIBM(tan)(a))
UNARY_SCALAR(asin, LIBM(asin)(a))
UNARY_SCALAR(acos, LIBM(acos)(a))
UNARY_SCALAR(atan, LIBM(atan)(a))
UNARY_SCALAR(sinh, LIBM(sinh)(a))
UNARY_SCALAR(cosh, LIBM(cosh)(a))
UNARY_SCALAR(asinh, LIBM(asinh)(a))
UNARY_SCALAR(acosh, LIBM(acosh)(a))
UNARY_SCALAR(atanh, LIBM(atanh)(a))
UNARY(tanh, N(ck_tanh)(a))
UNARY(sigmoid, N(ck_sigmoid)(a))
UNARY(softplus, N(ck_softplus)(a))
// NaN stays NaN.
UNARY(relu, a < 0 ? 0 : a)
UNARY(step, a > 0 ? 1 : 0)
UNARY(floor, __builtin_elementwise_floor(a))
UNARY(ceil, __builtin_elementwise_ceil(a))
UNARY(round, __builtin_elementwise_roundeven(a))
UNARY(identity, a)
UNARY_TO_BOOL(is_nan, a != a)
UNARY_TO_BOOL(is_inf, __builtin_elementwise_abs(a) == (T)INFINITY)

BINARY(add, a + b)
BINARY(subtract, a - b)
BINARY(multiply, a * b)
BINARY(divide, a / b)
BINARY(maximum, N(ck_maximum)(a, b))
BINARY(minimum, N(ck_minimum)(a, b))
BINARY_SCALAR(remainder, N(ck_remainder)(a, b))
BINARY_SCALAR(truncated_remainder, LIBM(fmod)(a, b))
BINARY_TO_BOOL(equal, a == b)
BINARY_TO_BOOL(less, a < b)
BINARY_TO_BOOL(less_or_equal, a <= b)

SELECT

const ck_elementwise N(ck_operations)[CK_OPERATION_COUNT] = {
    [CK_NEGATE] = N(negate), [CK_ABSOLUTE] = N(absolute), [CK_SIGN] = N(sign),
    [CK_EXP] = N(exp), [CK_EXPM1] = N(expm1), [CK_LOG] = N(log), [CK_LOG1P] = N(log1p),
    [CK_SQRT] = N(sqrt), [CK_RECIPROCAL] = N(reciprocal), [CK_SQUARE] = N(square),
    [CK_SIN] = N(sin), [CK_COS] = N(cos), [CK_TAN] = N(tan),
    [CK_ASIN] = N(asin), [CK_ACOS] = N(acos), [CK_ATAN] = N(atan),
    [CK_SINH] = N(sinh), [CK_COSH] = N(cosh),
    [CK_ASINH] = N(asinh), [CK_ACOSH] = N(acosh), [CK_ATANH] = N(atanh),
    [CK_TANH] = N(tanh), [CK_SIGMOID] = N(sigmoid), [CK_ERF] = N(erf), [CK_SOFTPLUS] = N(softplus),
    [CK_RELU] = N(relu), [CK_STEP] = N(step),
    [CK_FLOOR] = N(floor), [CK_CEIL] = N(ceil), [CK_ROUND] = N(round), [CK_IDENTITY] = N(identity),
    [CK_IS_NAN] = N(is_nan), [CK_IS_INF] = N(is_inf),
    [CK_ADD] = N(add), [CK_SUBTRACT] = N(subtract), [CK_MULTIPLY] = N(multiply), [CK_DIVIDE] = N(divide),
    [CK_POWER] = N(power), [CK_MAXIMUM] = N(maximum), [CK_MINIMUM] = N(minimum),
    [CK_REMAINDER] = N(remainder), [CK_TRUNCATED_REMAINDER] = N(truncated_remainder),
    [CK_EQUAL] = N(equal), [CK_LESS] = N(less), [CK_LESS_OR_EQUAL] = N(less_or_equal),
    [CK_SELECT] = N(select),
};
