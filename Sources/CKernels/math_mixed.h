// Functions of float32 that are computed in float64, which makes them as good as correctly rounded.
#ifndef CKERNELS_MATH_MIXED_H
#define CKERNELS_MATH_MIXED_H

#include "math_f32.h"
#include "math_f64.h"

// pi / 2 in two parts; the first has so few bits that its product with a number below 2^20 is exact.
#define CK_HALF_PI_HIGH 0x1.921fb544p0
#define CK_HALF_PI_LOW 0x1.0b4611a626331p-34
#define CK_LARGEST_ANGLE_F32 0x1p20f

// sin(x + quarter pi / 2) for |x| below the largest angle. Absolute errors of the polynomials: 2^-37 and 2^-43.
CK_INLINE double ck_sin_quarter(double x, uint64_t quarter) {
    double shifted = x * 0x1.45f306dc9c883p-1 + CK_ROUND_F64;
    double n = shifted - CK_ROUND_F64;
    uint64_t turn = ck_bits_f64(shifted) + quarter;
    double r = (x - n * CK_HALF_PI_HIGH) - n * CK_HALF_PI_LOW;
    double z = r * r;
    double s = 0x1.6cd5ea58296edp-19;
    s = s * z - 0x1.a00f939125ed9p-13;
    s = s * z + 0x1.11110889ed5b4p-7;
    s = s * z - 0x1.5555554ca9262p-3;
    double sine = s * z * r + r;
    double c = -0x1.242908bc766bfp-22;
    c = c * z + 0x1.a011178b43388p-16;
    c = c * z - 0x1.6c16b88bf0bd8p-10;
    c = c * z + 0x1.5555554f428dap-5;
    double cosine = c * (z * z) + (1.0 - 0.5 * z);
    double value = turn & 1 ? cosine : sine;
    return ck_from_bits_f64(ck_bits_f64(value) ^ (turn & 2) << 62);
}

// As C's pow, with all its special cases.
CK_INLINE float ck_power_f32(float x, float y) {
    float a = __builtin_elementwise_abs(x);
    float magnitude = (float)ck_exp_f64((double)y * ck_log_f64((double)a));
    // 1 to an infinite power would be exp(0 * infinity).
    int is_unit = (a == 1.0f) & (y == y);
    magnitude = is_unit ? 1.0f : magnitude;
    int is_whole = __builtin_elementwise_floor(y) == y;
    float half = 0.5f * y;
    int is_odd = is_whole & (__builtin_elementwise_floor(half) != half);
    float signed_ = ck_from_bits_f32(ck_bits_f32(magnitude) | (is_odd ? ck_bits_f32(x) & 0x80000000 : 0));
    int is_undefined = (x < 0.0f) & (x != -INFINITY) & !is_whole;
    int is_one = (y == 0.0f) | (x == 1.0f);
    return is_one ? 1.0f : is_undefined ? (float)NAN : signed_;
}

#endif
