// The tables of operations, one for each storage.
#ifndef CKERNELS_ELEMENTWISE_TABLES_H
#define CKERNELS_ELEMENTWISE_TABLES_H

#include "ckernels_elementwise.h"

extern const ck_elementwise ck_operations_f32[CK_OPERATION_COUNT];
extern const ck_elementwise ck_operations_f64[CK_OPERATION_COUNT];
extern const ck_elementwise ck_operations_i64[CK_OPERATION_COUNT];
extern const ck_elementwise ck_operations_bool[CK_OPERATION_COUNT];
// From a storage, to a storage.
extern const ck_elementwise ck_casts[CK_STORAGE_COUNT][CK_STORAGE_COUNT];

#endif
