// Columns of edit distance matrices as bits, for one pair in a word or for many in the lanes of a
// vector: included once for each SIMD target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_COLUMNS_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_COLUMNS_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_COLUMNS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "kernels/string_distance/word_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

// A column goes by words of rows. What lies above a word's first row is
//   OneWord       row 0 of the matrix: the word is the whole column;
//   WordOfMany    another word, whose last row's bits it takes over and whose own go to the next.
// Of these there are up to kCarriesMax kinds, numbered: each column says what they are.
inline constexpr size_t kCarriesMax = 3;

// In edit distances but indel: D[i][j] is D[i][j-1] + 1, or D[i][j-1] - 1.
inline constexpr size_t kRises = 0;
inline constexpr size_t kFalls = 1;

template <class V>
struct OneWord {
  V ones;

  // Bits a row further down.
  template <size_t kind>
  HWY_INLINE V Shift(V bits) const {
    const V shifted = Add(bits, bits);
    return kind == kRises ? Sub(shifted, ones) : shifted;  // row 0 rises
  }
  template <size_t kind>
  HWY_INLINE V Into(V bits) const {
    return bits;
  }
  HWY_INLINE V Plus(V sum) const { return sum; }
  template <size_t kind>
  HWY_INLINE void Down(V) {}
};

template <class V>
struct WordOfMany {
  V above[kCarriesMax];  // 0 or 1
  V below[kCarriesMax];  // in the top bit

  template <size_t kind>
  HWY_INLINE V Shift(V bits) const {
    return Or(Add(bits, bits), above[kind]);
  }
  template <size_t kind>
  HWY_INLINE V Into(V bits) const {
    return Or(bits, above[kind]);
  }
  HWY_INLINE V Plus(V sum) const { return Add(sum, above[0]); }
  template <size_t kind>
  HWY_INLINE void Down(V bits) {
    below[kind] = bits;
  }
};

// A column stands for the rows of a pattern, bit i for its unit i, and holds what is needed of the
// matrix's column j of each. Bits over the pattern's end hold nothing of use, and never reach those
// below. Each is a class over V, a word or a vector of lanes:
//
//   Column(V ones)                               column 0
//   Column(V ones, V rows)                       the same; where not in `rows`, as row 0
//   kCarries                                     how many kinds there are
//   kRowZero                                     of kind 0, what row 0 has; it has no others
//   V Idle(V ones, V rows)                       what can be matched in column 0, where the word
//                                                above has no carries either, and changes nothing
//   void Advance(V matches)                      by a unit of the text, whose places in the pattern
//                                                are the bits of `matches`
//   void Advance(V matches, Word*)               the same for a OneWord or a WordOfMany
//   void AdvanceWhere(mask runs, V matches)      the same in some of the lanes
//   void AdvanceWhere(mask runs, V matches, Word*)
//   V Distance(V rows, V text_size)              of the whole pattern, which has these rows

// Hyyrö's (((x & VP) + VP) ^ VP) | x, from ~VP as -VP - 1.
template <class V>
HWY_INLINE V VerticalCarriesOr(V x, V not_vp) {
  return XorOr(Sub(not_vp, AndNot(not_vp, x)), not_vp, x);
}

// Levenshtein's distance: Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit
// distances" (2003), steps as there.
template <class V>
class LevenshteinColumn {
 public:
  static constexpr size_t kCarries = 2;
  static constexpr uint64_t kRowZero = 1;

  HWY_INLINE LevenshteinColumn() = default;  // holds anything
  HWY_INLINE explicit LevenshteinColumn(V ones) : LevenshteinColumn(ones, ones) {}
  HWY_INLINE LevenshteinColumn(V ones, V rows)
      : not_vp_(AndNot(rows, ones)), vn_(Xor(ones, ones)) {}
  static HWY_INLINE V Idle(V ones, V rows) { return AndNot(rows, ones); }

  HWY_INLINE void Advance(V matches) {
    OneWord<V> word{AllOnes<V>()};
    Advance(matches, &word);
  }
  template <class Word>
  HWY_INLINE void Advance(V matches, Word* word) {
    const V x = word->template Into<kFalls>(matches);
    const V d0 = Or(VerticalCarriesOr(x, not_vp_), vn_);
    const V hp = OrAndNot(vn_, d0, not_vp_);
    const V hn0 = AndNot(not_vp_, d0);
    const V hp_shifted = word->template Shift<kRises>(hp);
    not_vp_ = AndNotOr(word->template Shift<kFalls>(hn0), d0, hp_shifted);
    vn_ = And(hp_shifted, d0);
    word->template Down<kRises>(hp);
    word->template Down<kFalls>(hn0);
  }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches) {
    OneWord<V> word{AllOnes<V>()};
    AdvanceWhere(runs, matches, &word);
  }
  template <class Mask, class Word>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches, Word* word) {
    LevenshteinColumn next = *this;
    next.Advance(matches, word);
    not_vp_ = IfThenElse(runs, next.not_vp_, not_vp_);
    vn_ = IfThenElse(runs, next.vn_, vn_);
  }

  // D[m][n]: down the column from D[0][n] = n.
  HWY_INLINE V Distance(V rows, V text_size) const {
    return Add(text_size,
               Sub(PopulationCount(AndNot(not_vp_, rows)), PopulationCount(And(vn_, rows))));
  }

 private:
  V not_vp_;  // D[i][j] = D[i-1][j] + 1 where it is 0
  V vn_;      // D[i][j] = D[i-1][j] - 1
};

// Optimal string alignment: the same, with transpositions of neighbours (Hyyrö 2003, section 5).
template <class V>
class OsaColumn {
 public:
  static constexpr size_t kCarries = 3;
  static constexpr uint64_t kRowZero = 1;
  static constexpr size_t kSwappable = 2;  // a match that the column before has no use for

  HWY_INLINE OsaColumn() = default;  // holds anything
  HWY_INLINE explicit OsaColumn(V ones) : OsaColumn(ones, ones) {}
  HWY_INLINE OsaColumn(V ones, V rows)
      : not_vp_(AndNot(rows, ones)), vn_(Xor(ones, ones)), d0_(vn_), matches_(vn_) {}
  static HWY_INLINE V Idle(V ones, V rows) { return AndNot(rows, ones); }

  HWY_INLINE void Advance(V matches) {
    OneWord<V> word{AllOnes<V>()};
    Advance(matches, &word);
  }
  template <class Word>
  HWY_INLINE void Advance(V matches, Word* word) {
    const V swappable = AndNot(d0_, matches);
    const V transposed = And(word->template Shift<kSwappable>(swappable), matches_);
    const V x = word->template Into<kFalls>(matches);
    d0_ = Or3(VerticalCarriesOr(x, not_vp_), vn_, transposed);
    matches_ = matches;
    const V hp = OrAndNot(vn_, d0_, not_vp_);
    const V hn0 = AndNot(not_vp_, d0_);
    const V hp_shifted = word->template Shift<kRises>(hp);
    not_vp_ = AndNotOr(word->template Shift<kFalls>(hn0), d0_, hp_shifted);
    vn_ = And(hp_shifted, d0_);
    word->template Down<kRises>(hp);
    word->template Down<kFalls>(hn0);
    word->template Down<kSwappable>(swappable);
  }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches) {
    OneWord<V> word{AllOnes<V>()};
    AdvanceWhere(runs, matches, &word);
  }
  template <class Mask, class Word>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches, Word* word) {
    OsaColumn next = *this;
    next.Advance(matches, word);
    not_vp_ = IfThenElse(runs, next.not_vp_, not_vp_);
    vn_ = IfThenElse(runs, next.vn_, vn_);
    // Not looked at again in a lane whose text has ended.
    d0_ = next.d0_;
    matches_ = next.matches_;
  }

  HWY_INLINE V Distance(V rows, V text_size) const {
    return Add(text_size,
               Sub(PopulationCount(AndNot(not_vp_, rows)), PopulationCount(And(vn_, rows))));
  }

 private:
  V not_vp_;
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
  HWY_INLINE DamerauLevenshteinColumn() = default;  // holds anything
  HWY_INLINE explicit DamerauLevenshteinColumn(V ones)
      : not_vp_(Xor(ones, ones)), vn_(not_vp_), d0_(vn_), matches_(vn_), open_(vn_) {}

  HWY_INLINE void Advance(V matches) {
    const V in_pattern = And(open_, Add(matches, matches));
    const V begins = AndNot(d0_, matches);
    const V in_text = And(Reach(Add(begins, begins)), matches_);
    d0_ = Or(Reach(Or3(matches, in_pattern, in_text)), vn_);
    matches_ = matches;
    const V hp = OrAndNot(vn_, d0_, not_vp_);
    const V hn0 = AndNot(not_vp_, d0_);
    const V hp_shifted = Sub(Add(hp, hp), AllOnes<V>());  // shifts a 1 in
    not_vp_ = AndNotOr(Add(hn0, hn0), d0_, hp_shifted);
    vn_ = And(hp_shifted, d0_);
    open_ = Or(AndNot(Add(d0_, d0_), matches), AndNot(matches, And(open_, hp_shifted)));
  }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches) {
    DamerauLevenshteinColumn next = *this;
    next.Advance(matches);
    not_vp_ = IfThenElse(runs, next.not_vp_, not_vp_);
    vn_ = IfThenElse(runs, next.vn_, vn_);
    // Not looked at again in a lane whose text has ended.
    d0_ = next.d0_;
    matches_ = next.matches_;
    open_ = next.open_;
  }

  HWY_INLINE V Distance(V rows, V text_size) const {
    return Add(text_size,
               Sub(PopulationCount(AndNot(not_vp_, rows)), PopulationCount(And(vn_, rows))));
  }

 private:
  // `rows`, and those below each of them as long as the rows before rise.
  HWY_INLINE V Reach(V rows) const { return VerticalCarriesOr(rows, not_vp_); }

  V not_vp_;
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
  static constexpr size_t kCarries = 1;
  static constexpr uint64_t kRowZero = 0;
  static constexpr size_t kCommon = 0;  // the common subsequence grows with the column

  HWY_INLINE IndelColumn() = default;  // holds anything
  HWY_INLINE explicit IndelColumn(V ones) : IndelColumn(ones, ones) {}
  HWY_INLINE IndelColumn(V ones, V /*rows*/) : s_(ones) {}
  static HWY_INLINE V Idle(V ones, V /*rows*/) { return Xor(ones, ones); }

  HWY_INLINE void Advance(V matches) {
    OneWord<V> word{AllOnes<V>()};
    Advance(matches, &word);
  }
  template <class Word>
  HWY_INLINE void Advance(V matches, Word* word) {
    const V u = And(s_, matches);
    const V sum = word->Plus(Add(s_, u));
    word->template Down<kCommon>(Or(u, AndNot(sum, s_)));  // the sum's carry
    s_ = OrAndNot(sum, matches, s_);                       // s_ - u
  }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches) {
    OneWord<V> word{AllOnes<V>()};
    AdvanceWhere(runs, matches, &word);
  }
  template <class Mask, class Word>
  HWY_INLINE void AdvanceWhere(Mask runs, V matches, Word* word) {
    Advance(IfThenElseZero(runs, matches), word);  // without a match, nothing changes or carries
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

// A column of two words of 64 rows.
template <class Column, class V>
class TwoWordColumn {
 public:
  HWY_INLINE explicit TwoWordColumn(V ones)
      : ones_(ones), first_(ones), second_(ones), row_zero_(Xor(ones, ones)) {
    if (Column::kRowZero == 1) row_zero_ = Sub(row_zero_, ones);
  }

  HWY_INLINE void Advance(V first_matches, V second_matches) {
    WordOfMany<V> word = UnderRowZero();
    first_.Advance(first_matches, &word);
    GoDown(&word);
    second_.Advance(second_matches, &word);
  }
  template <class Mask>
  HWY_INLINE void AdvanceWhere(Mask runs, V first_matches, V second_matches) {
    WordOfMany<V> word = UnderRowZero();
    first_.AdvanceWhere(runs, first_matches, &word);
    GoDown(&word);
    second_.AdvanceWhere(runs, second_matches, &word);
  }

  // `rows` are those of the second word, the first having all.
  HWY_INLINE V Distance(V rows, V text_size) const {
    return second_.Distance(rows, first_.Distance(ones_, text_size));
  }

 private:
  HWY_INLINE WordOfMany<V> UnderRowZero() const {
    const V zero = Xor(ones_, ones_);
    return {.above = {row_zero_, zero, zero}, .below = {zero, zero, zero}};
  }
  static HWY_INLINE void GoDown(WordOfMany<V>* word) {
    for (size_t kind = 0; kind < Column::kCarries; ++kind) {
      word->above[kind] = ShiftRight<63>(word->below[kind]);
    }
  }

  V ones_;
  Column first_;
  Column second_;
  V row_zero_;
};

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target
