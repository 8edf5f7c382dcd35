#ifndef KERNELSERVE_KERNELS_PHONETICS_CLUSTERS_H_
#define KERNELSERVE_KERNELS_PHONETICS_CLUSTERS_H_

#include <string_view>
#include <vector>

namespace kernelserve::phonetics {

// The text cut into what a reader takes for one character each: a code point and the marks after
// it. Of Unicode's extended grapheme clusters (UAX #29), those of Hangul's single letters, of Indic
// conjuncts, flags and joined emoji are cut further.
std::vector<std::u32string_view> Clusters(std::u32string_view text);

}  // namespace kernelserve::phonetics

#endif  // KERNELSERVE_KERNELS_PHONETICS_CLUSTERS_H_
