// Rows picked by an index, and rows added at an index.
#ifndef CKERNELS_INDEXING_H
#define CKERNELS_INDEXING_H

#include <stdint.h>

// x[outer][batch][rows][row], indices[batch][picks], y[outer][batch][picks][row]; everything contiguous.
typedef struct {
    int64_t outer, batch, rows, picks, row;
} ck_indexing;

// Writes the rows first ..< last of y, numbered as they lie. A negative index counts from the end; one that is out of
// range picks row 0. Returns the place in `indices` of the first such index, or -1.
int64_t ck_gather(const ck_indexing *shape, int element_bytes, const void *x, const int64_t *indices, void *y,
                  int64_t first, int64_t last);

typedef struct {
    // Planes are numbered over outer and batch axes.
    int64_t first_plane, last_plane, first_row, last_row, first_column, last_column;
} ck_region;

// Adds y's rows to x's, in the order of the indices; only what falls into the region of x. An index that is out of
// range is left out. Clears the region before if `clear`.
int64_t ck_scatter_add(const ck_indexing *shape, int storage, const void *y, const int64_t *indices, void *x,
                       const ck_region *region, int clear);

#endif
