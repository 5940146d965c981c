// How sure a mean over tokens is. Tokens of one document are alike, so documents, not tokens, are the independent
// observations: every standard error here is over clusters (documents).
//
// A mean is token-weighted, R = sum of sums / sum of counts, so that exp(R) is the perplexity of the whole text. Its
// standard error is that of a ratio, by linearisation (Cochran, Sampling Techniques, 6.4; with the G/(G-1) correction):
//   se^2 = G/(G-1) * sum over clusters of ((sum_g - R count_g) / total count)^2
#pragma once

#include <cstdint>
#include <span>

namespace lx {

/// What one document adds to a mean.
struct Cluster {
  double sum = 0;
  double count = 0;
};

struct Estimate {
  double mean = 0;
  double se = 0;         // NaN with fewer than two clusters: one document says nothing about the next
  int64_t clusters = 0;  // that have any count
  int64_t count = 0;
};

Estimate clustered_mean(std::span<const Cluster> clusters);

/// mean(a) - mean(b) where a[g] and b[g] belong to the same document. What both share (a hard document) cancels.
/// The counts may differ. Throws Error when the spans differ in size.
Estimate paired_difference(std::span<const Cluster> a, std::span<const Cluster> b);

/// The value that Student's t with `freedom` degrees of freedom stays below with probability p, 0 < p < 1.
double t_quantile(double p, double freedom);

/// The probability that Student's t with `freedom` degrees of freedom is as far from zero as `t`, or farther.
double t_two_sided(double t, double freedom);

struct Interval {
  double low = 0, high = 0;
};

/// mean -+ t * se with clusters - 1 degrees of freedom. NaN with fewer than two clusters.
Interval confidence_interval(const Estimate& estimate, double level = 0.95);

double perplexity(double nats_per_token);
double bits_per_byte(double nats_per_token, double bytes_per_token);

}  // namespace lx
