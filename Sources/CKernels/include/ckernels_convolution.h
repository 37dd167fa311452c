// Moves between images and the matrices whose products are convolutions, and direct loops for
// convolutions whose groups are too small for matrix products.
#ifndef CKERNELS_CONVOLUTION_H
#define CKERNELS_CONVOLUTION_H

#include <stdint.h>

/// One image plane, one kernel, one output plane. Output (p, q) sees, through tap (r, s), the element
/// (p * stride_height + r * dilation_height - pad_height, and likewise across) of the image, or zero outside of it.
typedef struct {
    intptr_t height, width;
    intptr_t kernel_height, kernel_width;
    intptr_t out_height, out_width;
    intptr_t stride_height, stride_width;
    intptr_t dilation_height, dilation_width;
    intptr_t pad_height, pad_width;
} ck_planes;

/// Rows `first_row..<end_row` (channel, r, s) by positions `first..<end` (p, q) of what the taps see of an image with
/// several channels: matrix[row - first_row, position - first].
void ck_unfold_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull image, intptr_t first_row, intptr_t end_row,
    intptr_t first, intptr_t end, float *_Nonnull matrix, intptr_t leading);
void ck_unfold_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull image, intptr_t first_row, intptr_t end_row,
    intptr_t first, intptr_t end, double *_Nonnull matrix, intptr_t leading);

/// The transpose of unfolding: adds each element of the matrix to the element of the image that it would be read from.
void ck_fold_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull matrix, intptr_t leading, intptr_t first_row,
    intptr_t end_row, intptr_t first, intptr_t end, float *_Nonnull image);
void ck_fold_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull matrix, intptr_t leading, intptr_t first_row,
    intptr_t end_row, intptr_t first, intptr_t end, double *_Nonnull image);

/// Copies or adds outer x inner runs of contiguous elements.
void ck_move_runs_f32(
    intptr_t outer, intptr_t outer_from, intptr_t outer_to, intptr_t inner, intptr_t inner_from, intptr_t inner_to,
    intptr_t run, const float *_Nonnull from, float *_Nonnull to, int add);
void ck_move_runs_f64(
    intptr_t outer, intptr_t outer_from, intptr_t outer_to, intptr_t inner, intptr_t inner_from, intptr_t inner_to,
    intptr_t run, const double *_Nonnull from, double *_Nonnull to, int add);

/// output plane += image plane seen through the kernel.
void ck_convolve_plane_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull image, const float *_Nonnull kernel,
    float *_Nonnull output);
void ck_convolve_plane_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull image, const double *_Nonnull kernel,
    double *_Nonnull output);

/// image plane += the output plane sent back through the kernel.
void ck_convolve_plane_back_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull output, const float *_Nonnull kernel,
    float *_Nonnull image);
void ck_convolve_plane_back_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull output, const double *_Nonnull kernel,
    double *_Nonnull image);

/// sums[r, s] += inner product of the output plane with what tap (r, s) sees.
void ck_convolve_plane_taps_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull image, const float *_Nonnull output,
    double *_Nonnull sums);
void ck_convolve_plane_taps_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull image, const double *_Nonnull output,
    double *_Nonnull sums);

#endif
