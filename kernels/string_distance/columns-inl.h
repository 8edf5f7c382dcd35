// Columns of edit distance matrices as bits, for one pair in a word or for many in the lanes of a
// vector: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_COLUMNS_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_COLUMNS_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_COLUMNS_INL_H_
#endif

#include <bit>
#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A word by the names of Highway's operations, so that a column is written once.
HWY_INLINE uint64_t Add(uint64_t a, uint64_t b) { return a + b; }
HWY_INLINE uint64_t Sub(uint64_t a, uint64_t b) { return a - b; }
HWY_INLINE uint64_t And(uint64_t a, uint64_t b) { return a & b; }
HWY_INLINE uint64_t Or(uint64_t a, uint64_t b) { return a | b; }
HWY_INLINE uint64_t Or3(uint64_t a, uint64_t b, uint64_t c) { return a | b | c; }
HWY_INLINE uint64_t Xor(uint64_t a, uint64_t b) { return a ^ b; }
HWY_INLINE uint64_t Not(uint64_t a) { return ~a; }
HWY_INLINE uint64_t AndNot(uint64_t not_a, uint64_t b) { return ~not_a & b; }
HWY_INLINE uint64_t PopulationCount(uint64_t a) { return static_cast<uint64_t>(std::popcount(a)); }

// A column stands for the rows of a pattern, bit i for its unit i, and holds what is needed of the
// matrix's column j of each. Bits over the pattern's end hold nothing of use, and never reach those
// below. Each is a class over V, a word or a vector of lanes:
//
//   Column(V ones)                               column 0
//   void Advance(V matches)                      by a unit of the text, whose places in the pattern
//                                                are the bits of `matches`
//   void AdvanceWhere(mask runs, V matches)      the same in some of the lanes
//   V Distance(V rows, V text_size)              of the whole pattern, which has these rows

// Levenshtein's distance: Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit
// distances" (2003), steps as there.
template <class V>
class LevenshteinColumn {
 public:
  HWY_INLINE explicit LevenshteinColumn(V ones) : ones_(ones), vp_(ones), vn_(Xor(ones, ones)) {}

  HWY_INLINE void Advance(V matches) {
    const V d0 = Or3(Xor(Add(And(matches, vp_), vp_), vp_), matches, vn_);
    const V hp = Or(vn_, Not(Or(d0, vp_)));
    const V hn0 = And(d0, vp_);
    const V hp_shifted = Sub(Add(hp, hp), ones_);  // shifts a 1 in
    vp_ = Or(Add(hn0, hn0), Not(Or(d0, hp_shifted)));
    vn_ = And(hp_shifted, d0);
  }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches) {
    LevenshteinColumn next = *this;
    next.Advance(matches);
    vp_ = IfThenElse(runs, next.vp_, vp_);
    vn_ = IfThenElse(runs, next.vn_, vn_);
  }

  // D[m][n]: down the column from D[0][n] = n.
  HWY_INLINE V Distance(V rows, V text_size) const {
    return Add(text_size, Sub(PopulationCount(And(vp_, rows)), PopulationCount(And(vn_, rows))));
  }

 private:
  V ones_;
  V vp_;  // D[i][j] = D[i-1][j] + 1
  V vn_;  // D[i][j] = D[i-1][j] - 1
};

// Optimal string alignment: the same, with transpositions of neighbours (Hyyrö 2003, section 5).
template <class V>
class OsaColumn {
 public:
  HWY_INLINE explicit OsaColumn(V ones)
      : ones_(ones), vp_(ones), vn_(Xor(ones, ones)), d0_(vn_), matches_(vn_) {}

  HWY_INLINE void Advance(V matches) {
    const V swappable = AndNot(d0_, matches);
    const V transposed = And(Add(swappable, swappable), matches_);
    d0_ = Or(Or3(Xor(Add(And(matches, vp_), vp_), vp_), matches, vn_), transposed);
    matches_ = matches;
    const V hp = Or(vn_, Not(Or(d0_, vp_)));
    const V hn0 = And(d0_, vp_);
    const V hp_shifted = Sub(Add(hp, hp), ones_);  // shifts a 1 in
    vp_ = Or(Add(hn0, hn0), Not(Or(d0_, hp_shifted)));
    vn_ = And(hp_shifted, d0_);
  }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches) {
    OsaColumn next = *this;
    next.Advance(matches);
    vp_ = IfThenElse(runs, next.vp_, vp_);
    vn_ = IfThenElse(runs, next.vn_, vn_);
    // Not looked at again in a lane whose text has ended.
    d0_ = next.d0_;
    matches_ = next.matches_;
  }

  HWY_INLINE V Distance(V rows, V text_size) const {
    return Add(text_size, Sub(PopulationCount(And(vp_, rows)), PopulationCount(And(vn_, rows))));
  }

 private:
  V ones_;
  V vp_;
  V vn_;
  V d0_;       // D[i][j] = D[i-1][j-1]
  V matches_;  // of the text's last unit
};

// Damerau's distance, where what is transposed may have been apart. Zhao and Sahni, "String
// correction using the Damerau-Levenshtein distance" (2019), need two kinds of transposition only:
// of neighbours in the pattern, at rows k = i - 1 and i, or of neighbours in the text, at columns l
// = j - 1 and j. It costs what D[k-1][l-1] does and one for each step from there to (i - 1, j - 1):
// so it makes D[i][j] = D[i-1][j-1], as a match does, where all these steps cost one, and else is
// of no use. Of steps that cost one, a column knows.
template <class V>
class DamerauLevenshteinColumn {
 public:
  HWY_INLINE explicit DamerauLevenshteinColumn(V ones)
      : ones_(ones), vp_(ones), vn_(Xor(ones, ones)), d0_(vn_), matches_(vn_), open_(vn_) {}

  HWY_INLINE void Advance(V matches) {
    const V in_pattern = And(open_, Add(matches, matches));
    const V begins = AndNot(d0_, matches);
    const V in_text = And(Reach(Add(begins, begins)), matches_);
    d0_ = Or(Reach(Or3(matches, in_pattern, in_text)), vn_);
    matches_ = matches;
    const V hp = Or(vn_, Not(Or(d0_, vp_)));
    const V hn0 = And(d0_, vp_);
    const V hp_shifted = Sub(Add(hp, hp), ones_);  // shifts a 1 in
    vp_ = Or(Add(hn0, hn0), Not(Or(d0_, hp_shifted)));
    vn_ = And(hp_shifted, d0_);
    open_ = Or(AndNot(Add(d0_, d0_), matches), AndNot(matches, And(open_, hp_shifted)));
  }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches) {
    DamerauLevenshteinColumn next = *this;
    next.Advance(matches);
    vp_ = IfThenElse(runs, next.vp_, vp_);
    vn_ = IfThenElse(runs, next.vn_, vn_);
    // Not looked at again in a lane whose text has ended.
    d0_ = next.d0_;
    matches_ = next.matches_;
    open_ = next.open_;
  }

  HWY_INLINE V Distance(V rows, V text_size) const {
    return Add(text_size, Sub(PopulationCount(And(vp_, rows)), PopulationCount(And(vn_, rows))));
  }

 private:
  // `rows`, and those below each of them as long as the rows before are in vp_.
  HWY_INLINE V Reach(V rows) const { return Or(Xor(Add(And(rows, vp_), vp_), vp_), rows); }

  V ones_;
  V vp_;
  V vn_;
  V d0_;
  V matches_;
  V open_;  // bit i: all steps cost one from where the text last had unit i, at row i - 1
};

// Insertions and deletions only, from the longest common subsequence: Hyyrö, "Bit-parallel
// LCS-length computation revisited" (2004).
template <class V>
class IndelColumn {
 public:
  HWY_INLINE explicit IndelColumn(V ones) : s_(ones) {}

  HWY_INLINE void Advance(V matches) {
    const V u = And(s_, matches);
    s_ = Or(Add(s_, u), Sub(s_, u));
  }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches) {
    Advance(IfThenElseZero(runs, matches));  // without a match, nothing changes
  }

  // Units that the texts have in common, in order.
  HWY_INLINE V Common(V rows) const { return PopulationCount(AndNot(s_, rows)); }

  // m + n - 2 * what is common.
  HWY_INLINE V Distance(V rows, V text_size) const {
    const V common = Common(rows);
    return Sub(Add(PopulationCount(rows), text_size), Add(common, common));
  }

 private:
  V s_;  // bit i is 0 where the common subsequence grows at row i
};

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target
