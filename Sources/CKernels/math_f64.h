// Functions of float64 that the compiler can vectorize: no branches, no calls, no tables.
//
// The polynomials are minimax approximations, computed for this file with the Remez algorithm in 50 digits, their
// coefficients rounded to float64 one after the other, the later ones refitted to what the earlier ones became.
#ifndef CKERNELS_MATH_F64_H
#define CKERNELS_MATH_F64_H

#include <math.h>
#include <string.h>

#include "clones.h"

CK_INLINE uint64_t ck_bits_f64(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

CK_INLINE double ck_from_bits_f64(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// Added to a number below 2^51, it leaves the nearest integer in the low bits; subtracted again, as a double.
#define CK_ROUND_F64 0x1.8p52

// 2^n for whole n from -1022 to 1023.
CK_INLINE double ck_power_of_two_f64(double n) {
    return ck_from_bits_f64((ck_bits_f64(n + CK_ROUND_F64) + 1023) << 52);
}

// ln 2 in two parts; the first has so few bits that its product with an exponent is exact.
#define CK_LN2_HIGH_F64 0x1.62e42fefap-1
#define CK_LN2_LOW_F64 0x1.cf79abc9e3b3ap-40

// exp(r) - 1 for |r| <= ln(2) / 2. Relative error of the polynomial: 2^-61.
CK_INLINE double ck_expm1_core_f64(double r) {
    double q = 0x1.1f9f140b40178p-29;
    q = q * r + 0x1.af5e9b62be799p-26;
    q = q * r + 0x1.27e4c4f63f205p-22;
    q = q * r + 0x1.71ddf856e3fdbp-19;
    q = q * r + 0x1.a01a01ada92f5p-16;
    q = q * r + 0x1.a01a01aff0a48p-13;
    q = q * r + 0x1.6c16c16c159cfp-10;
    q = q * r + 0x1.111111110f661p-7;
    q = q * r + 0x1.5555555555556p-5;
    q = q * r + 0x1.5555555555559p-3;
    q = q * r + 0.5;
    return q * (r * r) + r;
}

CK_INLINE double ck_exp_f64(double x) {
    // Beyond these bounds the result is infinite, or nearer to 0 than to any other number; NaN passes.
    x = x < -746.0 ? -746.0 : x;
    x = x > 710.0 ? 710.0 : x;
    double n = (x * 0x1.71547652b82fep0 + CK_ROUND_F64) - CK_ROUND_F64;
    double r = (x - n * CK_LN2_HIGH_F64) - n * CK_LN2_LOW_F64;
    // Two factors, since 2^n itself may be out of range where the result is not.
    double half = (n * 0.5 + CK_ROUND_F64) - CK_ROUND_F64;
    return (ck_expm1_core_f64(r) + 1.0) * ck_power_of_two_f64(half) * ck_power_of_two_f64(n - half);
}

CK_INLINE double ck_expm1_f64(double x) {
    double y = x < -40.0 ? -40.0 : x;
    y = y > 710.0 ? 710.0 : y;
    double n = (y * 0x1.71547652b82fep0 + CK_ROUND_F64) - CK_ROUND_F64;
    double r = (y - n * CK_LN2_HIGH_F64) - n * CK_LN2_LOW_F64;
    // 2^n (p + 1) - 1, through half of it, which cannot overflow too early.
    double half = ck_power_of_two_f64(n - 1.0);
    return 2.0 * (ck_expm1_core_f64(r) * half + (half - 0.5));
}

// k ln(2) + log(1 + f) for 1 + f from sqrt(1/2) to sqrt(2).
CK_INLINE double ck_log_core_f64(double k, double f) {
    // log(1 + f) = 2 atanh(s) = 2 s + s^3 R(s^2). Relative error of R's contribution: 2^-58.
    double s = f / (2.0 + f), z = s * s;
    double p = 0x1.2f11807066f5dp-3;
    p = p * z + 0x1.39a095749a40bp-3;
    p = p * z + 0x1.746649b04a22ep-3;
    p = p * z + 0x1.c71c51d7cc565p-3;
    p = p * z + 0x1.249249422a47bp-2;
    p = p * z + 0x1.999999997f9f8p-2;
    p = p * z + 0x1.5555555555593p-1;
    // 2 s = f - f^2/2 + s f^2/2: f enters exactly, and the rounding error of s only through terms that are small.
    double square = 0.5 * f * f;
    double tail = s * (square + p * z) + k * CK_LN2_LOW_F64;
    return k * CK_LN2_HIGH_F64 + (f - (square - tail));
}

// The exponent k for which x / 2^k is between sqrt(1/2) and sqrt(2), for positive normal x.
CK_INLINE double ck_exponent_f64(double x, uint64_t *exponent_bits) {
    const uint64_t sqrt_half = 0x3FE6A09E667F3BCD, bias = 1023;
    // Shifted without a sign, since few processors do it with one.
    uint64_t biased = (ck_bits_f64(x) - sqrt_half + (bias << 52)) >> 52;
    *exponent_bits = (biased - bias) << 52;
    return ck_from_bits_f64(biased + ck_bits_f64(CK_ROUND_F64)) - (CK_ROUND_F64 + (double)bias);
}

// What log gives for 0, infinity, negative numbers and NaN; `ordinary` for everything else.
CK_INLINE double ck_log_special_f64(double x, double ordinary) {
    double y = x > 0.0 ? ordinary : -INFINITY;
    y = x < 0.0 ? (double)NAN : y;
    y = x == INFINITY ? x : y;
    return x != x ? x : y;
}

CK_INLINE double ck_log_f64(double x) {
    double is_small = x < 0x1p-1022 ? 1.0 : 0.0;
    double scaled = x < 0x1p-1022 ? x * 0x1p54 : x;
    uint64_t exponent_bits;
    double k = ck_exponent_f64(scaled, &exponent_bits);
    double m = ck_from_bits_f64(ck_bits_f64(scaled) - exponent_bits);
    return ck_log_special_f64(x, ck_log_core_f64(k - 54.0 * is_small, m - 1.0));
}

CK_INLINE double ck_log1p_f64(double x) {
    double u = 1.0 + x;
    uint64_t exponent_bits;
    double k = ck_exponent_f64(u, &exponent_bits);
    // (1 + x) / 2^k - 1 with one rounding, even where 1 + x has lost what x is. For large x nothing is lost.
    double scale = ck_from_bits_f64(((uint64_t)1023 << 52) - exponent_bits);
    double exact = x * scale + (scale - 1.0);
    double m = ck_from_bits_f64(ck_bits_f64(u) - exponent_bits);
    double f = x > 0x1p60 ? m - 1.0 : exact;
    return ck_log_special_f64(u, ck_log_core_f64(k, f));
}

// From e = exp(2|x|) - 1: e / (e + 2), which keeps the relative accuracy near 0, and 1 - 2 / (e + 2) farther away.
CK_INLINE double ck_tanh_f64(double x) {
    double a = __builtin_elementwise_abs(x);
    // Long before this bound, the result is 1.
    a = a > 32.0 ? 32.0 : a;
    double e = ck_expm1_f64(2.0 * a);
    double quotient = (e < 1.0 ? e : 2.0) / (e + 2.0);
    double result = e < 1.0 ? quotient : 1.0 - quotient;
    return __builtin_elementwise_copysign(result, x);
}

CK_INLINE double ck_sigmoid_f64(double x) {
    double z = ck_exp_f64(-__builtin_elementwise_abs(x));
    return (x < 0.0 ? z : 1.0) / (1.0 + z);
}

CK_INLINE double ck_softplus_f64(double x) {
    return (x < 0.0 ? 0.0 : x) + ck_log1p_f64(ck_exp_f64(-__builtin_elementwise_abs(x)));
}

// Below 1 an odd polynomial, above 1 - exp(polynomial); errors 2^-56 of the result and of 1.
CK_INLINE double ck_erf_f64(double x) {
    double z = x * x;
    double p = 0x1.0579b59c94542p-34;
    p = p * z - 0x1.386ac4ee1ff2fp-30;
    p = p * z + 0x1.f7a413923d77bp-27;
    p = p * z - 0x1.5f1d36e47c1eep-23;
    p = p * z + 0x1.b9def1a222659p-20;
    p = p * z - 0x1.f4d1df39a25adp-17;
    p = p * z + 0x1.f9a321a12293ap-14;
    p = p * z - 0x1.c02db3d8ed50ep-11;
    p = p * z + 0x1.565bcd0db02f5p-8;
    p = p * z - 0x1.b82ce3128499dp-6;
    p = p * z + 0x1.ce2f21a042b20p-4;
    p = p * z - 0x1.812746b0379e6p-2;
    p = p * z + 0x1.06eba8214db69p-3;
    double inner = p * x + x;

    // From 6 on, erf is 1. Around 1, where most is left of it, the powers are small.
    double a = __builtin_elementwise_abs(x);
    double t = (a > 6.0 ? 6.0 : a) - 1.0;
    double q = -0x1.56612373be755p-38;
    q = q * t + 0x1.066c3a05edf37p-33;
    q = q * t - 0x1.6a9e5a1643595p-30;
    q = q * t + 0x1.24b89a75b840ap-27;
    q = q * t - 0x1.1ed877310d9f5p-25;
    q = q * t + 0x1.f25bddf2c861dp-25;
    q = q * t + 0x1.b7cf86aaf8c29p-23;
    q = q * t - 0x1.1e247bb559443p-19;
    q = q * t + 0x1.4484664841217p-17;
    q = q * t - 0x1.c852aac28f453p-16;
    q = q * t + 0x1.b92dd9d6fb7d6p-16;
    q = q * t + 0x1.f1b04a8ad6d17p-13;
    q = q * t - 0x1.033f5a12ea269p-9;
    q = q * t + 0x1.48c9d37fc13d4p-7;
    q = q * t - 0x1.5477f099b6c2cp-5;
    q = q * t - 0x1.afabc11a2afdap-1;
    q = q * t - 0x1.51c9b0006c21ap1;
    q = q * t - 0x1.d97fbf27aa2a1p0;
    double outer = __builtin_elementwise_copysign(1.0 - ck_exp_f64(q), x);
    return a < 1.0 ? inner : outer;
}

#endif
