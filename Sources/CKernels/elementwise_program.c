// The interpreter of elementwise programs: every instruction runs over a tile that stays in cache.
#include <stdbool.h>

#include "ckernels_copy.h"
#include "clones.h"
#include "elementwise_tables.h"

ck_elementwise ck_elementwise_lookup(int operation, int storage, int result) {
    if (operation == CK_CAST) {
        if (storage != result) return ck_casts[storage][result];
        operation = CK_IDENTITY;
    }
    switch (storage) {
    case CK_FLOAT32: return ck_operations_f32[operation];
    case CK_FLOAT64: return ck_operations_f64[operation];
    case CK_INT64: return ck_operations_i64[operation];
    default: return ck_operations_bool[operation];
    }
}

// Moves an access's tile between its operand and its slot, where the tile lies without gaps.
static void move_tile(const ck_program *p, const ck_access *access, int64_t offset, const int64_t *counts, char *slot,
                      bool gather) {
    int64_t packed[p->axis_count + 1];
    int64_t stride = access->element_bytes;
    for (int axis = p->axis_count - 1; axis >= 0; axis--) {
        packed[axis] = stride;
        stride *= counts[axis];
    }
    char *there = access->address + offset;
    int64_t first = p->axis_count > 0 ? counts[0] : 1;
    if (gather)
        ck_copy(slot, packed, there, access->strides, counts, first, p->axis_count, access->element_bytes);
    else
        ck_copy(there, access->strides, slot, packed, counts, first, p->axis_count, access->element_bytes);
}

void ck_program_run(const ck_program *p, int64_t first, int64_t last) {
    // Slots are on the stack: whichever thread runs the tiles has its own, and nothing is allocated.
    char scratch[p->scratch_bytes + 1] __attribute__((aligned(64)));
    char *slots[p->slot_count + 1];
    for (int slot = 0; slot < p->slot_count; slot++)
        slots[slot] = p->slot_offsets[slot] < 0 ? 0 : scratch + p->slot_offsets[slot];

    int64_t tile[p->axis_count + 1], tiles[p->axis_count + 1], counts[p->axis_count + 1];
    int64_t rest = first;
    for (int axis = p->axis_count - 1; axis >= 0; axis--) {
        tiles[axis] = (p->sizes[axis] + p->extents[axis] - 1) / p->extents[axis];
        tile[axis] = rest % tiles[axis];
        rest /= tiles[axis];
    }
    for (int i = 0; i < p->access_count; i++)
        if (p->accesses[i].kind == CK_INVARIANT)
            move_tile(p, &p->accesses[i], 0, p->extents, slots[p->accesses[i].slot], true);

    for (int64_t t = first; t < last; t++) {
        int64_t count = 1;
        for (int axis = 0; axis < p->axis_count; axis++) {
            int64_t left = p->sizes[axis] - tile[axis] * p->extents[axis];
            counts[axis] = left < p->extents[axis] ? left : p->extents[axis];
            count *= counts[axis];
        }
        int64_t offsets[p->access_count + 1];
        for (int i = 0; i < p->access_count; i++) {
            const ck_access *access = &p->accesses[i];
            offsets[i] = 0;
            for (int axis = 0; axis < p->axis_count; axis++)
                offsets[i] += tile[axis] * p->extents[axis] * access->strides[axis];
            if (access->kind == CK_IN_PLACE)
                slots[access->slot] = access->address + offsets[i];
            else if (access->kind == CK_GATHERED)
                move_tile(p, access, offsets[i], counts, slots[access->slot], true);
        }
        for (int i = 0; i < p->instruction_count; i++) {
            const ck_instruction *in = &p->instructions[i];
            in->operation(slots[in->result], slots[in->a], slots[in->b], slots[in->c], count);
        }
        for (int i = 0; i < p->access_count; i++)
            if (p->accesses[i].kind == CK_SCATTERED)
                move_tile(p, &p->accesses[i], offsets[i], counts, slots[p->accesses[i].slot], false);

        for (int axis = p->axis_count - 1; axis >= 0; axis--) {
            if (++tile[axis] < tiles[axis]) break;
            tile[axis] = 0;
        }
    }
}
