// OpenBLAS's C interface to BLAS, and LAPACKE, which it includes.
#include <cblas.h>
#include <lapacke.h>
