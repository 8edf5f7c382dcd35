#ifndef KERNELSERVE_KERNELS_PHONETICS_MATCH_RATING_CODEX_H_
#define KERNELSERVE_KERNELS_PHONETICS_MATCH_RATING_CODEX_H_

#include <string>

#include "absl/status/statusor.h"
#include "kernels/stop_token.h"
#include "kernels/text.h"

namespace kernelserve {

// The codex of a name by the match rating approach (Moore and others, "Accessing individual records
// from personal data files using non-unique identifiers", National Bureau of Standards, 1977): its
// first letter, then its consonants, doubles once; of long ones the first three letters and the
// last three. "Catherine" is CTHRN.
//
// Equal to jellyfish's: in capitals, a character with its marks as one letter
// (kernels/phonetics/clusters.h), and long is what takes over six bytes. ROW_FAILED where a
// character is neither alphabetic nor a blank. Ends early, with anything, once `stop` is set.
absl::StatusOr<std::string> MatchRatingCodex(Text text, StopToken stop = {});

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_PHONETICS_MATCH_RATING_CODEX_H_
