#include "kernels/string_distance/stripe.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/stripe.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/columns-inl.h"
#include "kernels/string_distance/step_poll.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

// Columns whose carries are a word of bits.
constexpr size_t kBlock = 64;

#if HWY_TARGET == HWY_SCALAR || HWY_HAVE_SCALABLE

using Words = uint64_t;
constexpr size_t kLanes = 1;
constexpr size_t kPeriod = 1;

HWY_INLINE Words Load(const uint64_t* words) { return *words; }
HWY_INLINE Words Set(uint64_t word) { return word; }
HWY_INLINE uint64_t FirstLane(Words words) { return words; }
HWY_INLINE Words TopBit(Words words) { return words >> (kBlock - 1); }
HWY_INLINE Words FromNextLane(Words /*words*/, Words last) { return last; }

struct Skew {
  explicit Skew(Words /*idle*/) {}
  HWY_INLINE Words Delay(Words row, size_t /*step*/) { return row; }
};

#else

constexpr hn::ScalableTag<uint64_t> kWords;
using Words = hn::Vec<decltype(kWords)>;
using LaneMask = hn::Mask<decltype(kWords)>;
constexpr size_t kLanes = HWY_LANES(uint64_t);
static_assert(kLanes <= kStripeWordsMax);
// Steps that a Skew tells apart.
constexpr size_t kPeriod = std::max<size_t>(kLanes / 2, 1);

HWY_INLINE Words Load(const uint64_t* words) { return hn::Load(kWords, words); }
HWY_INLINE Words Set(uint64_t word) { return hn::Set(kWords, word); }
HWY_INLINE uint64_t FirstLane(Words words) { return hn::GetLane(words); }
HWY_INLINE Words TopBit(Words words) { return hn::ShiftRight<kBlock - 1>(words); }
HWY_INLINE Words LaneNumbers() { return hn::Iota(kWords, 0); }

// Every lane's word in the lane before it, and `last`, in every lane, in the last one.
HWY_INLINE Words FromNextLane(Words words, Words last) {
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
  return Words{_mm512_alignr_epi64(last.raw, words.raw, 1)};
#else
  const Words last_lane = Set(kLanes - 1);
  const auto next = hn::IndicesFromVec(kWords, And(Add(LaneNumbers(), Set(1)), last_lane));
  return IfThenElse(Eq(LaneNumbers(), last_lane), last, TableLookupLanes(words, next));
#endif
}

// Delays rows of masks, one a step: the lane of word w gets its word w steps later. A stage for
// each bit of w holds what it has yet to give.
class Skew {
 public:
  // `idle` is for the words that have not begun.
  HWY_INLINE explicit Skew(Words idle) {
    for (Words& held : held_) held = idle;
  }

  // `step` is this one's number modulo kPeriod: known when compiling, it costs nothing.
  HWY_INLINE Words Delay(Words row, size_t step) {
    for (size_t delay = 1; delay < kLanes; delay *= 2) {
      Words& held = held_[delay - 1 + step % delay];
      const Words now = row;
      // The last lane's word is the first: lane l is kLanes - 1 - l steps late.
      const LaneMask on_time = TestBit(LaneNumbers(), Set(delay));
      row = IfThenElse(on_time, now, held);
      held = now;
    }
    return row;
  }

 private:
  Words held_[kLanes - 1];
};

#endif

template <template <class> class ColumnOf>
class StripeRun {
 public:
  HWY_INLINE explicit StripeRun(const Stripe& stripe)
      : stripe_(stripe),
        column_(Set(~uint64_t{0}), Load(stripe.real)),
        skew_(Column::Idle(Set(~uint64_t{0}), Load(stripe.real))) {
    for (Words& bits : word_.below) bits = Set(0);
  }

  HWY_INLINE void Run(StopToken stop) {
    const size_t blocks = (stripe_.columns + kBlock - 1) / kBlock;
    // The last word's carries come kLanes - 1 steps late.
    const size_t steps = stripe_.columns + kLanes - 1;
    uint64_t before[kCarriesMax] = {};
    StepPoll poll(stop);
    for (size_t block = 0; block <= blocks; ++block) {
      if (poll.Stopped(kBlock)) return;
      for (size_t kind = 0; kind < Column::kCarries; ++kind) {
        const uint64_t bits = block < blocks ? stripe_.carries[kind][block] : 0;
        for (size_t i = 0; i < kBlock; ++i) carries_[kind][i] = bits << (kBlock - 1 - i);
      }
      const size_t begin = block * kBlock;
      const size_t end = std::min(begin + kBlock, steps);
      for (size_t step = begin; step < end; step += kPeriod) Steps(step, step - begin);
      for (size_t kind = 0; kind < Column::kCarries; ++kind) {
        uint64_t bits = 0;
        for (size_t i = 0; i < kBlock; ++i) bits |= carries_[kind][i] >> (kBlock - 1) << i;
        if (block > 0) {
          // By two shifts, as either may be by none.
          stripe_.carries[kind][block - 1] =
              before[kind] >> (kLanes - 1) | bits << (kBlock - kLanes) << 1;
        }
        before[kind] = bits;
      }
    }
  }

 private:
  using Column = ColumnOf<Words>;

  // kPeriod steps from this one on, the i-th of its block.
  HWY_INLINE void Steps(size_t step, size_t i) {
    static_assert(kPeriod <= 4);
    Step<0>(step, i);
    if constexpr (kPeriod > 1) Step<1>(step, i);
    if constexpr (kPeriod > 2) {
      Step<2>(step, i);
      Step<3>(step, i);
    }
  }

  template <size_t number>
  HWY_INLINE void Step(size_t first_step, size_t first_i) {
    const size_t step = first_step + number;
    const size_t i = first_i + number;
    const size_t slot = HWY_LIKELY(step < stripe_.columns) ? stripe_.slots[step] : 0;
    const Words matches = skew_.Delay(Load(stripe_.rows + slot * kLanes), number);
    for (size_t kind = 0; kind < Column::kCarries; ++kind) {
      word_.above[kind] = TopBit(FromNextLane(word_.below[kind], Set(carries_[kind][i])));
    }
    column_.Advance(matches, &word_);
    for (size_t kind = 0; kind < Column::kCarries; ++kind) {
      carries_[kind][i] = FirstLane(word_.below[kind]);
    }
  }

  const Stripe stripe_;
  Column column_;
  WordOfMany<Words> word_;
  Skew skew_;
  // Of a block, in the top bits: those of the row above, each replaced by one of the last row.
  HWY_ALIGN uint64_t carries_[kCarriesMax][kBlock] = {};
};

size_t LanesOfStripe() { return kLanes; }
void RunLevenshtein(const Stripe& stripe, StopToken stop) {
  StripeRun<LevenshteinColumn>(stripe).Run(stop);
}
void RunOsa(const Stripe& stripe, StopToken stop) { StripeRun<OsaColumn>(stripe).Run(stop); }
void RunIndel(const Stripe& stripe, StopToken stop) { StripeRun<IndelColumn>(stripe).Run(stop); }

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {

HWY_EXPORT(LanesOfStripe);
HWY_EXPORT(RunLevenshtein);
HWY_EXPORT(RunOsa);
HWY_EXPORT(RunIndel);

size_t StripeWords() { return HWY_DYNAMIC_DISPATCH(LanesOfStripe)(); }

void LevenshteinStripe(const Stripe& stripe, StopToken stop) {
  HWY_DYNAMIC_DISPATCH(RunLevenshtein)(stripe, stop);
}

void OsaStripe(const Stripe& stripe, StopToken stop) { HWY_DYNAMIC_DISPATCH(RunOsa)(stripe, stop); }

void IndelStripe(const Stripe& stripe, StopToken stop) {
  HWY_DYNAMIC_DISPATCH(RunIndel)(stripe, stop);
}

}  // namespace kernelserve
#endif  // HWY_ONCE
