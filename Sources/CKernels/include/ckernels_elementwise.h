// Elementwise operations over contiguous runs, and the interpreter that chains them tile by tile.
#ifndef CKERNELS_ELEMENTWISE_H
#define CKERNELS_ELEMENTWISE_H

#include <stddef.h>
#include <stdint.h>

// In the order of Swift's `Storage`.
enum { CK_FLOAT32, CK_FLOAT64, CK_INT64, CK_BOOL, CK_STORAGE_COUNT };

// In the order of Swift's `ElementwiseOperation`.
enum {
    CK_NEGATE, CK_ABSOLUTE, CK_SIGN, CK_EXP, CK_EXPM1, CK_LOG, CK_LOG1P, CK_SQRT, CK_RECIPROCAL, CK_SQUARE,
    CK_SIN, CK_COS, CK_TAN, CK_ASIN, CK_ACOS, CK_ATAN, CK_SINH, CK_COSH, CK_ASINH, CK_ACOSH, CK_ATANH,
    CK_TANH, CK_SIGMOID, CK_ERF, CK_SOFTPLUS, CK_RELU, CK_STEP, CK_FLOOR, CK_CEIL, CK_ROUND, CK_IDENTITY,
    CK_IS_NAN, CK_IS_INF,
    CK_ADD, CK_SUBTRACT, CK_MULTIPLY, CK_DIVIDE, CK_POWER, CK_MAXIMUM, CK_MINIMUM,
    CK_REMAINDER, CK_TRUNCATED_REMAINDER,
    CK_EQUAL, CK_LESS, CK_LESS_OR_EQUAL,
    CK_AND, CK_OR, CK_XOR, CK_NOT,
    CK_SELECT, CK_CAST,
    CK_OPERATION_COUNT
};

// One operation over `count` elements. `result` may be exactly one of the sources, never overlap one otherwise.
typedef void (*ck_elementwise)(void *result, const void *a, const void *b, const void *c, ptrdiff_t count);

// NULL where there is no such operation. `result` matters for casts only.
ck_elementwise ck_elementwise_lookup(int operation, int storage, int result);

enum {
    // The operation reads or writes memory directly.
    CK_IN_PLACE,
    // Gathered into a slot once, as it is the same for every tile.
    CK_INVARIANT,
    // Gathered into a slot, tile by tile.
    CK_GATHERED,
    // Scattered from a slot, after the tile's last instruction.
    CK_SCATTERED
};

typedef struct {
    char *address;
    // In bytes, one for each axis.
    const int64_t *strides;
    int32_t kind, slot, element_bytes;
} ck_access;

typedef struct {
    ck_elementwise operation;
    int32_t result, a, b, c;
} ck_instruction;

typedef struct {
    int32_t axis_count, access_count, instruction_count, slot_count;
    // A tile covers `extents[axis]` indices of each axis, fewer at the end of one.
    const int64_t *sizes, *extents;
    const ck_access *accesses;
    const ck_instruction *instructions;
    // Where a slot starts in the scratch memory, or -1 if it lives in an operand.
    const int64_t *slot_offsets;
    int64_t scratch_bytes;
} ck_program;

// Runs the tiles first ..< last, in row-major order of the tiles.
void ck_program_run(const ck_program *program, int64_t first, int64_t last);

#endif
