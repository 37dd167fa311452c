// The routines of LAPACK that are called here. Distributions put OpenBLAS's LAPACK in its library and the header that
// declares it in another package, or nowhere; Fortran's own interface is the same everywhere.
//
// Matrices are column-major, integers 32 bits, every argument is an address. `_length` is what a Fortran compiler passes
// after the arguments for the length of each string.
#ifndef CURVATURE_LAPACK_H
#define CURVATURE_LAPACK_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Eigenvalues and eigenvectors of a symmetric matrix, divide and conquer.
void dsyevd_(
    const char *job, const char *triangle, const int *n, double *a, const int *lda, double *w, double *work,
    const int *work_size, int *integers, const int *integer_size, int *status, size_t job_length,
    size_t triangle_length);

// Cholesky: factor, solve, invert; with pivots for semidefinite matrices.
void dpotrf_(const char *triangle, const int *n, double *a, const int *lda, int *status, size_t triangle_length);
void dpotrs_(
    const char *triangle, const int *n, const int *columns, const double *a, const int *lda, double *b, const int *ldb,
    int *status, size_t triangle_length);
void dpotri_(const char *triangle, const int *n, double *a, const int *lda, int *status, size_t triangle_length);
void dpstrf_(
    const char *triangle, const int *n, double *a, const int *lda, int *pivots, int *rank, const double *tolerance,
    double *work, int *status, size_t triangle_length);

// LU with pivots: factor, solve.
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *pivots, int *status);
void dgetrs_(
    const char *transpose, const int *n, const int *columns, const double *a, const int *lda, const int *pivots,
    double *b, const int *ldb, int *status, size_t transpose_length);

// A = L Q by Householder reflections; Q from them.
void dgelqf_(
    const int *m, const int *n, double *a, const int *lda, double *reflections, double *work, const int *work_size,
    int *status);
void dorglq_(
    const int *m, const int *n, const int *k, double *a, const int *lda, const double *reflections, double *work,
    const int *work_size, int *status);

// Singular values and vectors, divide and conquer.
void dgesdd_(
    const char *job, const int *m, const int *n, double *a, const int *lda, double *s, double *u, const int *ldu,
    double *vt, const int *ldvt, double *work, const int *work_size, int *integers, int *status, size_t job_length);

#ifdef __cplusplus
}
#endif

#endif
