// oneTBB behind a C interface: what Swift needs of it, and no C++ exception comes out.
#ifndef CTBB_H
#define CTBB_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctbb_arena ctbb_arena;

typedef void (*ctbb_body)(void *_Nullable context);
typedef void (*ctbb_loop_body)(void *_Nullable context, intptr_t index);

/// An arena in which at most `threads` threads work, the caller's own among them, and never more than the process can
/// use at once. Null if memory or threads ran out.
ctbb_arena *_Nullable ctbb_arena_create(int threads);
void ctbb_arena_destroy(ctbb_arena *_Nullable arena);

/// Calls `body(context)` inside the arena and returns after it. 0, or -1 if TBB could not do it.
int ctbb_arena_execute(ctbb_arena *_Nonnull arena, ctbb_body _Nonnull body, void *_Nullable context);

/// Calls `body(context, i)` for every i in 0..<count, on the threads of the arena that the caller is in. Every index
/// is a task of its own. While the caller waits, its thread takes tasks of this loop only (isolation): a
/// body that holds a lock or scratch memory never meets itself further down the stack. 0, or -1 if TBB could not do it.
int ctbb_parallel_for(intptr_t count, ctbb_loop_body _Nonnull body, void *_Nullable context);

/// How many threads this process can use at once.
int ctbb_hardware_threads(void);

/// TBB's version, such as "2021.8".
const char *_Nonnull ctbb_version(void);

#ifdef __cplusplus
}
#endif

#endif
