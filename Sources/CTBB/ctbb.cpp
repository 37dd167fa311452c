#include "ctbb.h"

#include <algorithm>

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/version.h>

struct ctbb_arena {
    tbb::task_arena arena;
    // TBB warns on standard error when an arena asks for more threads than it has.
    explicit ctbb_arena(int threads) : arena(std::min(threads, tbb::info::default_concurrency())) {}
};

ctbb_arena *ctbb_arena_create(int threads) {
    try {
        auto *result = new ctbb_arena(threads);
        try {
            result->arena.initialize();
        } catch (...) {
            delete result;
            return nullptr;
        }
        return result;
    } catch (...) {
        return nullptr;
    }
}

void ctbb_arena_destroy(ctbb_arena *arena) {
    delete arena;
}

int ctbb_arena_execute(ctbb_arena *arena, ctbb_body body, void *context) {
    try {
        arena->arena.execute([&] { body(context); });
        return 0;
    } catch (...) {
        return -1;
    }
}

int ctbb_parallel_for(intptr_t count, ctbb_loop_body body, void *context) {
    try {
        tbb::this_task_arena::isolate([&] {
            tbb::parallel_for(
                tbb::blocked_range<intptr_t>(0, count, 1),
                [&](const tbb::blocked_range<intptr_t> &range) {
                    for (intptr_t index = range.begin(); index != range.end(); ++index) body(context, index);
                },
                tbb::simple_partitioner());
        });
        return 0;
    } catch (...) {
        return -1;
    }
}

int ctbb_hardware_threads(void) {
    try {
        return tbb::info::default_concurrency();
    } catch (...) {
        return 1;
    }
}

const char *ctbb_version(void) {
    return TBB_runtime_version();
}
