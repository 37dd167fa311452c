// Counter-based random numbers.
#ifndef CKERNELS_RANDOM_H
#define CKERNELS_RANDOM_H

#include <stdint.h>

// Philox 4x32 with 10 rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
void ck_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t result[4]);

// The counter of a block of draws. Each field is cut to its bits: 48 for the example, 24 for the sample and the term,
// 32 for the block:
//     word 0   example, bits 0 ..< 32
//     word 1   block
//     word 2   term | example, bits 32 ..< 40, above it
//     word 3   sample | example, bits 40 ..< 48, above it
// A block gives two uniform numbers of 53 bits in [0, 1): from words 0 and 1 of the result, and from words 2 and 3.
void ck_uniform(uint64_t seed, uint64_t example, uint64_t term, uint64_t sample, uint64_t block, double result[2]);

// Components first ..< first + count of one (example, term, sample), `first` even; component c comes from block c / 2.
void ck_uniforms(uint64_t seed, uint64_t example, uint64_t term, uint64_t sample, uint64_t first, int64_t count,
                 double *result);
// Box and Muller: both normals of a block from its two uniforms.
void ck_normals(uint64_t seed, uint64_t example, uint64_t term, uint64_t sample, uint64_t first, int64_t count,
                double *result);

#endif
