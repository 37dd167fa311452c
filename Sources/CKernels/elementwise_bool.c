// Elementwise operations of booleans, one byte each, 0 or 1.
#include <stddef.h>

#include "clones.h"
#include "elementwise_tables.h"

#define T uint8_t
#define SUFFIX bool
#include "elementwise_definitions.h"

UNARY(not, a ^ 1)
UNARY(identity, a)
BINARY(and, a & b)
BINARY(or, a | b)
BINARY(xor, a ^ b)
BINARY(equal, a == b)
BINARY(less, a < b)
BINARY(less_or_equal, a <= b)
SELECT

const ck_elementwise ck_operations_bool[CK_OPERATION_COUNT] = {
    [CK_NOT] = N(not), [CK_IDENTITY] = N(identity),
    [CK_AND] = N(and), [CK_OR] = N(or), [CK_XOR] = N(xor),
    [CK_EQUAL] = N(equal), [CK_LESS] = N(less), [CK_LESS_OR_EQUAL] = N(less_or_equal),
    [CK_MAXIMUM] = N(or), [CK_MINIMUM] = N(and),
    [CK_SELECT] = N(select),
};
