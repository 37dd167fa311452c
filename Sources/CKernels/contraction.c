#include "ckernels_contraction.h"

#include "clones.h"

#define REAL float
#define NAME(x) x##_f32
#include "lanes.h"
#include "contraction_loops.h"
#undef REAL
#undef NAME

#define REAL double
#define NAME(x) x##_f64
#include "lanes.h"
#include "contraction_loops.h"
