#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_STRIPE_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_STRIPE_H_

#include <cstddef>
#include <cstdint>

#include "kernels/stop_token.h"

namespace kernelserve {

// Edit distance matrices of long texts, a stripe of words of rows at a time, from left to right.
//
// The words of a column depend on each other from top to bottom, and so a stripe's words go in the
// lanes of one vector askew: the lane of word w is w columns behind that of the first, and what it
// takes over from the word above was computed in the step before.

// The words of rows that a stripe has: as many as a vector has lanes.
size_t StripeWords();
inline constexpr size_t kStripeWordsMax = 8;

struct Stripe {
  // Where the rows' units occur: slot s has its StripeWords() words at rows + s * StripeWords(),
  // the stripe's last word first. Slot 0 is all zeros. Aligned to a vector.
  const uint64_t* rows;
  // In the same order: which bits are rows of the matrix. All but the first ones of the first
  // stripe, where a pattern's size isn't a multiple of the stripe's.
  const uint64_t* real;
  // The slot of each column's unit.
  const uint16_t* slots;
  size_t columns;
  // A bit for each column and kind of carry (columns-inl.h), in whole words: of the row above the
  // stripe at first, and then of its last row.
  uint64_t* carries[3];
};

// Returns early, with anything in `carries`, once `stop` is set.
void LevenshteinStripe(const Stripe& stripe, StopToken stop);
void OsaStripe(const Stripe& stripe, StopToken stop);
void IndelStripe(const Stripe& stripe, StopToken stop);

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_STRIPE_H_
