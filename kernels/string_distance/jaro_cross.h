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

// Jaro's similarities of queries with choices (cross_block.h, whose limits on sizes apply), a
// query's at a time, which the receiver may change.
void JaroCrossBlock(std::span<const Text> queries, const SortedTexts& choices,
                    const CrossEmit& emit, StopToken stop);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_JARO_CROSS_H_
