// Counter-based random numbers.
#include "ckernels_random.h"

#include <math.h>

enum { ROUNDS = 10 };

void ck_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t result[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53 * c0, p1 = (uint64_t)0xCD9E8D57 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        // The key moves on by the golden ratio and by the square root of 3, less 1.
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    result[0] = c0, result[1] = c1, result[2] = c2, result[3] = c3;
}

static double uniform(uint32_t low, uint32_t high) {
    return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

void ck_uniform(uint64_t seed, uint64_t example, uint64_t term, uint64_t sample, uint64_t block, double result[2]) {
    uint32_t counter[4] = {
        (uint32_t)example,
        (uint32_t)block,
        ((uint32_t)term & 0xFFFFFF) | (uint32_t)(example >> 32 & 0xFF) << 24,
        ((uint32_t)sample & 0xFFFFFF) | (uint32_t)(example >> 40 & 0xFF) << 24,
    };
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, words[4];
    ck_philox(counter, key, words);
    result[0] = uniform(words[0], words[1]);
    result[1] = uniform(words[2], words[3]);
}

void ck_uniforms(uint64_t seed, uint64_t example, uint64_t term, uint64_t sample, uint64_t first, int64_t count,
                 double *result) {
    for (int64_t c = 0; c < count; c += 2) {
        double u[2];
        ck_uniform(seed, example, term, sample, (first + (uint64_t)c) / 2, u);
        result[c] = u[0];
        if (c + 1 < count) result[c + 1] = u[1];
    }
}

void ck_normals(uint64_t seed, uint64_t example, uint64_t term, uint64_t sample, uint64_t first, int64_t count,
                double *result) {
    for (int64_t c = 0; c < count; c += 2) {
        double u[2];
        ck_uniform(seed, example, term, sample, (first + (uint64_t)c) / 2, u);
        // 1 - u is never 0, and exact.
        double radius = sqrt(-2 * log(1 - u[0])), angle = 6.283185307179586476925 * u[1];
        result[c] = radius * cos(angle);
        if (c + 1 < count) result[c + 1] = radius * sin(angle);
    }
}
