// Elementwise operations of float64.
#include "clones.h"
#include "elementwise_tables.h"
#include "math_f64.h"

#define T double
#define SUFFIX f64
#define LIBM(name) name
#include "elementwise_definitions.h"

UNARY_SCALAR(sin, sin(a))
UNARY_SCALAR(cos, cos(a))
UNARY(erf, ck_erf_f64(a))
BINARY_SCALAR(power, pow(a, b))

#include "elementwise_real.h"
