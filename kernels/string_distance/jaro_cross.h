#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_CROSS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_CROSS_H_

#include <cstddef>
#include <span>

#include "kernels/stop_token.h"
#include "kernels/string_distance/cross_block.h"
#include "kernels/string_distance/jaro.h"
#include "kernels/string_distance/sorted_texts.h"
#include "kernels/text.h"

namespace kernelserve {

// Winkler's bonus goes to similarities over this, for each of so many units that texts begin with.
inline constexpr double kWinklerBonusOver = 0.7;
inline constexpr size_t kWinklerPrefixMax = 4;

// Jaro's similarities of queries with choices (cross_block.h, whose limits apply), each with
// Winkler's bonus where `prefix_weight` is over 0.
void JaroCrossBlock(std::span<const Text> queries, const SortedTexts& choices, double prefix_weight,
                    const CrossEmit& emit, StopToken stop);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_CROSS_H_
