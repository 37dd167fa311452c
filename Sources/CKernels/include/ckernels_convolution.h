// Moves between images and the matrices whose products are convolutions, and direct loops for convolutions with few
// channels or outputs, for which matrix products cost more than they bring.
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

/// How many elements a padded plane has: what `out_rows` rows of the output see of one channel, padding included, with
/// columns sorted by their remainder modulo the stride. All that a tap sees of a row is then one run.
intptr_t ck_padded_count(const ck_planes *_Nonnull planes, intptr_t out_rows);

/// Fills a padded plane with what output rows `first..<end` see of a channel.
void ck_pad_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull channel, intptr_t first, intptr_t end,
    float *_Nonnull padded);
void ck_pad_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull channel, intptr_t first, intptr_t end,
    double *_Nonnull padded);

/// Rows `first_row..<end_row` (channel, r, s) by positions `first..<end` (p, q) of what the taps see of an image with
/// several channels: matrix[row - first_row, position - first]. `padded` has room for a padded plane.
void ck_unfold_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull image, intptr_t first_row, intptr_t end_row,
    intptr_t first, intptr_t end, float *_Nonnull matrix, intptr_t leading, float *_Nonnull padded);
void ck_unfold_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull image, intptr_t first_row, intptr_t end_row,
    intptr_t first, intptr_t end, double *_Nonnull matrix, intptr_t leading, double *_Nonnull padded);

/// The transpose of unfolding: adds each element of the matrix to the element of the image that it would be read from.
/// Rows are those of whole channels.
void ck_fold_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull matrix, intptr_t leading, intptr_t first_row,
    intptr_t end_row, intptr_t first, intptr_t end, float *_Nonnull image, float *_Nonnull padded);
void ck_fold_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull matrix, intptr_t leading, intptr_t first_row,
    intptr_t end_row, intptr_t first, intptr_t end, double *_Nonnull image, double *_Nonnull padded);

/// Copies or adds outer x inner runs of contiguous elements.
void ck_move_runs_f32(
    intptr_t outer, intptr_t outer_from, intptr_t outer_to, intptr_t inner, intptr_t inner_from, intptr_t inner_to,
    intptr_t run, const float *_Nonnull from, float *_Nonnull to, int add);
void ck_move_runs_f64(
    intptr_t outer, intptr_t outer_from, intptr_t outer_to, intptr_t inner, intptr_t inner_from, intptr_t inner_to,
    intptr_t run, const double *_Nonnull from, double *_Nonnull to, int add);

/// Rows `first..<end` of several output planes (+)= `channels` padded planes, made for these rows, seen through the
/// kernels of each output. Kernels are [output][channel][r][s], outputs whole planes. `overwrite`: they are not read.
void ck_convolve_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull padded, intptr_t channels, const float *_Nonnull kernels,
    intptr_t outputs, intptr_t first, intptr_t end, float *_Nonnull output, int overwrite);
void ck_convolve_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull padded, intptr_t channels,
    const double *_Nonnull kernels, intptr_t outputs, intptr_t first, intptr_t end, double *_Nonnull output,
    int overwrite);

/// Channel of an image += `outputs` output planes, sent back through their kernels for this channel, which lie
/// `kernel_stride` apart. `padded` has room for a padded plane of all output rows.
void ck_convolve_back_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull output, intptr_t outputs, const float *_Nonnull kernels,
    intptr_t kernel_stride, float *_Nonnull channel, float *_Nonnull padded);
void ck_convolve_back_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull output, intptr_t outputs,
    const double *_Nonnull kernels, intptr_t kernel_stride, double *_Nonnull channel, double *_Nonnull padded);

/// The length of rows in planes that `ck_widen` makes: the output's width and a tail of zeros.
intptr_t ck_widened_width(const ck_planes *_Nonnull planes);
void ck_widen_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull output, intptr_t count, float *_Nonnull widened);
void ck_widen_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull output, intptr_t count, double *_Nonnull widened);

/// sums[output, r, s] += inner product of each widened output plane with what tap (r, s) sees of a channel, given as a
/// padded plane of all output rows. The sums of one output lie `sums_stride` apart from those of the next.
void ck_convolve_taps_f32(
    const ck_planes *_Nonnull planes, const float *_Nonnull padded, const float *_Nonnull widened, intptr_t outputs,
    double *_Nonnull sums, intptr_t sums_stride);
void ck_convolve_taps_f64(
    const ck_planes *_Nonnull planes, const double *_Nonnull padded, const double *_Nonnull widened,
    intptr_t outputs, double *_Nonnull sums, intptr_t sums_stride);

#endif
