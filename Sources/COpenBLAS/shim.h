// OpenBLAS's C interface to BLAS, and LAPACK, which its library holds.
#include <cblas.h>
#include "lapack.h"
