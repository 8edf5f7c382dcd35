#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_GROUPS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_GROUPS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/stop_token.h"
#include "kernels/string_distance/score_cutoffs.h"
#include "kernels/string_distance/text_column.h"

namespace kernelserve {

// The pairs of a block in groups of like sizes, each pair in a lane of as many bits as its longer
// text asks for (text_lanes-inl.h). What is the same for all metrics is compiled once: sorting,
// filling lanes, and comparing each pattern with each unit of its text.
inline constexpr std::array<size_t, 5> kLaneBits = {8, 16, 32, 64, 128};

// What a metric makes of groups and of pairs alone. `pairs` are places in the block, and `block`
// what ScorePairs was called with.
struct GroupScorer {
  // Of texts in lanes: kShortUnits or kTwoWordUnits.
  size_t units_max;
  // With fewer pairs of a class, one at a time is quicker.
  size_t group_pairs_min;
  // Whether long texts that begin and end alike go alone, too.
  bool alone_strips_affixes;
  // By the place in kLaneBits: `lanes` are TextLanes of so many bits. A target without lanes has
  // none.
  using Group = void (*)(const void* lanes, std::span<const uint32_t> pairs, const void* block);
  std::array<Group, kLaneBits.size()> groups;
  void (*alone)(size_t pair, const void* block);
};

// Calls `scorer` for each of the first `count` pairs, in any order. Those whose sizes are further
// apart than their cutoff, which have an empty text or one of over units_max, go alone. What
// `scorer` has must be of the best SIMD target; stops early as `stop` tells, and returns how many
// pairs it came to.
size_t ScorePairs(TextColumn left, TextColumn right, size_t count, const ScoreCutoffs& cutoffs,
                  const GroupScorer& scorer, const void* block, StopToken stop);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_PAIR_GROUPS_H_
