#include <algorithm>
#include <cstdint>

#include "kernels/string_distance/best_part.h"
#include "kernels/string_distance/indel.h"
#include "kernels/string_distance/pattern_masks.h"
#include "kernels/string_distance/ratio_queue.h"

namespace kernelserve {

// The best ratio of long texts, one part after the other. Of two parts of equal size, the distances
// differ by at most 2 for each place that one lies after the other; so after a distance far from
// the best, as many parts are left out.
double BestLongPart(Text shorter, Text longer, StopToken stop) {
  const PatternMasks masks(shorter);
  const size_t size = shorter.size();
  double best = 0;
  longer.Visit([&](auto units) {
    const auto distance = [&](size_t begin, size_t count) {
      return IndelDistance(masks, Text(units.subspan(begin, count)), stop);
    };
    auto best_distance = static_cast<int64_t>(2 * size);
    for (size_t i = 0; i + size < units.size() && best_distance > 0;) {
      if (stop.stopped()) return;
      const int64_t found = distance(i, size);
      best_distance = std::min(best_distance, found);
      // At i + k, the distance is at least found - 2 * k.
      i += static_cast<size_t>((found - best_distance) / 2) + 1;
    }
    best = RatioOf(best_distance, 2 * size);
    const auto end = [&](size_t begin, size_t count) {
      // With every unit in common.
      if (stop.stopped() || RatioOf(static_cast<int64_t>(size - count), size + count) <= best) {
        return;
      }
      best = std::max(best, RatioOf(distance(begin, count), size + count));
    };
    for (size_t i = 1; i < size; ++i) end(0, i);
    for (size_t i = units.size() - size; i < units.size(); ++i) end(i, units.size() - i);
  });
  return best;
}

}  // namespace kernelserve
