#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_FORMS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_FORMS_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace kernelserve {

// The forms in which a metric with a distance in [0, maximum] is asked for:
//   similarity             = maximum - distance
//   normalized_distance    = distance / maximum, 0 where the maximum is 0
//   normalized_similarity  = 1 - normalized_distance
// Each takes a cutoff in its own unit. It first becomes a cutoff for the distance, which may be a
// little wider than asked for; the score made from that distance is then checked against the
// cutoff itself. What is worse than the cutoff becomes 0, or 1 for a normalized_distance. Every
// conversion rounds as RapidFuzz's does, so that scores agree to the last bit.
//
// A negative cutoff for a similarity means none. NaN is no valid cutoff; it cuts everything off.

// similarity, in the metric's units.
struct SimilarityForm {
  // < 0: nothing can reach the cutoff, so that the distance need not be computed.
  static int64_t DistanceCutoff(int64_t maximum, int64_t score_cutoff) {
    return maximum - std::max<int64_t>(score_cutoff, 0);
  }
  static int64_t Score(int64_t maximum, int64_t distance, int64_t score_cutoff) {
    const int64_t similarity = maximum - distance;
    return similarity >= std::max<int64_t>(score_cutoff, 0) ? similarity : 0;
  }
};

// normalized_distance, in [0, 1].
struct NormalizedDistanceForm {
  static int64_t DistanceCutoff(int64_t maximum, double score_cutoff) {
    if (!(score_cutoff < 1.0)) return maximum;
    return static_cast<int64_t>(
        std::ceil(static_cast<double>(maximum) * std::max(score_cutoff, 0.0)));
  }
  static double Score(int64_t maximum, int64_t distance, double score_cutoff) {
    const double normalized =
        maximum == 0 ? 0.0 : static_cast<double>(distance) / static_cast<double>(maximum);
    return normalized <= score_cutoff ? normalized : 1.0;
  }
};

// normalized_similarity, in [0, 1].
struct NormalizedSimilarityForm {
  static int64_t DistanceCutoff(int64_t maximum, double score_cutoff) {
    return NormalizedDistanceForm::DistanceCutoff(maximum, DistanceFormCutoff(score_cutoff));
  }
  static double Score(int64_t maximum, int64_t distance, double score_cutoff) {
    const double similarity =
        1.0 - NormalizedDistanceForm::Score(maximum, distance, DistanceFormCutoff(score_cutoff));
    return similarity >= score_cutoff ? similarity : 0.0;
  }

 private:
  // 1 - cutoff may round below a distance that is exactly at the cutoff; RapidFuzz's slack.
  static constexpr double kSlack = 0.00001;
  static double DistanceFormCutoff(double score_cutoff) {
    return std::min(1.0, 1.0 - score_cutoff + kSlack);
  }
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_FORMS_H_
