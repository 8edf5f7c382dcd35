#ifndef KERNELSERVE_KERNELS_PHONETICS_NYSIIS_H_
#define KERNELSERVE_KERNELS_PHONETICS_NYSIIS_H_

#include <string>

#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// The code of a name by the New York State Identification and Intelligence System (Taft, "Name
// Search Techniques", 1970): its first letter, then all others as those that sound alike are
// written. "Knight" is NAGT.
//
// Equal to jellyfish's: in capitals, a character with its marks as one letter
// (kernels/phonetics/clusters.h), and what is no letter from A to Z as it is; of any length. Ends
// early, with anything, once `stop` is set.
std::string Nysiis(Text text, StopToken stop = {});

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_PHONETICS_NYSIIS_H_
