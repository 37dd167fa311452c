// Functions of float32 that the compiler can vectorize: no branches, no calls, no tables.
//
// The polynomials are minimax approximations, computed for this file with the Remez algorithm in 50 digits, their
// coefficients rounded to float32 one after the other, the later ones refitted to what the earlier ones became.
#ifndef CKERNELS_MATH_F32_H
#define CKERNELS_MATH_F32_H

#include <math.h>
#include <string.h>

#include "clones.h"

CK_INLINE uint32_t ck_bits_f32(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

CK_INLINE float ck_from_bits_f32(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// Added to a number below 2^22, it leaves the nearest integer in the low bits; subtracted again, as a float.
#define CK_ROUND_F32 0x1.8p23f

// 2^n for whole n from -126 to 127.
CK_INLINE float ck_power_of_two_f32(float n) { return ck_from_bits_f32((ck_bits_f32(n + CK_ROUND_F32) + 127) << 23); }

// ln 2 in two parts; the first has so few bits that its product with an exponent is exact.
#define CK_LN2_HIGH_F32 0x1.62ep-1f
#define CK_LN2_LOW_F32 0x1.0bfbe8p-15f

// exp(r) - 1 for |r| <= ln(2) / 2. Relative error of the polynomial: 2^-26.
CK_INLINE float ck_expm1_core_f32(float r) {
    float q = 0x1.6cd79ep-10f;
    q = q * r + 0x1.122c52p-7f;
    q = q * r + 0x1.555538p-5f;
    q = q * r + 0x1.5554aap-3f;
    q = q * r + 0.5f;
    return q * (r * r) + r;
}

CK_INLINE float ck_exp_f32(float x) {
    // Beyond these bounds the result is infinite, or nearer to 0 than to any other number; NaN passes.
    x = x < -104.0f ? -104.0f : x;
    x = x > 89.0f ? 89.0f : x;
    float n = (x * 0x1.715476p0f + CK_ROUND_F32) - CK_ROUND_F32;
    float r = (x - n * CK_LN2_HIGH_F32) - n * CK_LN2_LOW_F32;
    // Two factors, since 2^n itself may be out of range where the result is not.
    float half = (n * 0.5f + CK_ROUND_F32) - CK_ROUND_F32;
    return (ck_expm1_core_f32(r) + 1.0f) * ck_power_of_two_f32(half) * ck_power_of_two_f32(n - half);
}

CK_INLINE float ck_expm1_f32(float x) {
    float y = x < -18.0f ? -18.0f : x;
    y = y > 89.0f ? 89.0f : y;
    float n = (y * 0x1.715476p0f + CK_ROUND_F32) - CK_ROUND_F32;
    float r = (y - n * CK_LN2_HIGH_F32) - n * CK_LN2_LOW_F32;
    // 2^n (p + 1) - 1, through half of it, which cannot overflow too early.
    float half = ck_power_of_two_f32(n - 1.0f);
    return 2.0f * (ck_expm1_core_f32(r) * half + (half - 0.5f));
}

// k ln(2) + log(1 + f) for 1 + f from sqrt(1/2) to sqrt(2). Relative error of the polynomial: 2^-29.
CK_INLINE float ck_log_core_f32(float k, float f) {
    float p = 0x1.b5ab2p-5f;
    p = p * f - 0x1.bf296p-4f;
    p = p * f + 0x1.eff05ep-4f;
    p = p * f - 0x1.0103e2p-3f;
    p = p * f + 0x1.23036ep-3f;
    p = p * f - 0x1.552f18p-3f;
    p = p * f + 0x1.99a54p-3f;
    p = p * f - 0x1.00007p-2f;
    p = p * f + 0x1.555548p-2f;
    float square = f * f;
    float tail = p * (square * f) - 0.5f * square;
    return k * CK_LN2_HIGH_F32 + (f + (tail + k * CK_LN2_LOW_F32));
}

// The exponent k for which x / 2^k is between sqrt(1/2) and sqrt(2).
CK_INLINE int32_t ck_exponent_f32(float x) {
    const uint32_t sqrt_half = 0x3F3504F3;
    return (int32_t)(ck_bits_f32(x) - sqrt_half) >> 23;
}

// What log gives for 0, infinity, negative numbers and NaN; `ordinary` for everything else.
CK_INLINE float ck_log_special_f32(float x, float ordinary) {
    float y = x > 0.0f ? ordinary : -INFINITY;
    y = x < 0.0f ? NAN : y;
    y = x == INFINITY ? x : y;
    return x != x ? x : y;
}

CK_INLINE float ck_log_f32(float x) {
    float is_small = x < 0x1p-126f ? 1.0f : 0.0f;
    float scaled = x < 0x1p-126f ? x * 0x1p23f : x;
    int32_t k = ck_exponent_f32(scaled);
    float m = ck_from_bits_f32(ck_bits_f32(scaled) - ((uint32_t)k << 23));
    return ck_log_special_f32(x, ck_log_core_f32((float)k - 23.0f * is_small, m - 1.0f));
}

CK_INLINE float ck_log1p_f32(float x) {
    float u = 1.0f + x;
    int32_t k = ck_exponent_f32(u);
    // (1 + x) / 2^k - 1 with one rounding, even where 1 + x has lost what x is. For large x nothing is lost.
    float scale = ck_from_bits_f32((uint32_t)(127 - k) << 23);
    float exact = x * scale + (scale - 1.0f);
    float m = ck_from_bits_f32(ck_bits_f32(u) - ((uint32_t)k << 23));
    float f = x > 0x1p30f ? m - 1.0f : exact;
    return ck_log_special_f32(u, ck_log_core_f32((float)k, f));
}

// From e = exp(2|x|) - 1: e / (e + 2), which keeps the relative accuracy near 0, and 1 - 2 / (e + 2) farther away.
CK_INLINE float ck_tanh_f32(float x) {
    float a = __builtin_elementwise_abs(x);
    // Long before this bound, the result is 1.
    a = a > 32.0f ? 32.0f : a;
    float e = ck_expm1_f32(2.0f * a);
    float quotient = (e < 1.0f ? e : 2.0f) / (e + 2.0f);
    float result = e < 1.0f ? quotient : 1.0f - quotient;
    return __builtin_elementwise_copysign(result, x);
}

CK_INLINE float ck_sigmoid_f32(float x) {
    float z = ck_exp_f32(-__builtin_elementwise_abs(x));
    return (x < 0.0f ? z : 1.0f) / (1.0f + z);
}

CK_INLINE float ck_softplus_f32(float x) {
    return (x < 0.0f ? 0.0f : x) + ck_log1p_f32(ck_exp_f32(-__builtin_elementwise_abs(x)));
}

// Below 1 an odd polynomial, above 1 - exp(polynomial); errors 2^-29 of the result and of 1.
CK_INLINE float ck_erf_f32(float x) {
    float a = __builtin_elementwise_abs(x);
    float z = x * x;
    float p = 0x1.4771fep-14f;
    p = p * z - 0x1.a3515ep-11f;
    p = p * z + 0x1.53f224p-8f;
    p = p * z - 0x1.b7f71ap-6f;
    p = p * z + 0x1.ce2ce6p-4f;
    p = p * z - 0x1.81273ep-2f;
    p = p * z + 0x1.06eba8p-3f;
    float inner = p * x + x;

    // From 4 on, erf is 1.
    float b = a > 4.0f ? 4.0f : a;
    float q = 0x1.852dc2p-13f;
    q = q * b - 0x1.814d2p-9f;
    q = q * b + 0x1.65423cp-6f;
    q = q * b - 0x1.a60a8ap-4f;
    q = q * b - 0x1.46c584p-1f;
    q = q * b - 0x1.2085b2p0f;
    q = q * b - 0x1.72e6ccp-12f;
    float outer = __builtin_elementwise_copysign(1.0f - ck_exp_f32(q), x);
    return a < 1.0f ? inner : outer;
}

#endif
