#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/string_distance/count_index.cc"
#include "kernels/string_distance/count_index.h"

#include <algorithm>
#include <array>
#include <bit>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/string_distance/word_ops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Signature = UnitSignatures::Signature;

void FindCandidates(const Signature* signatures, size_t count, Signature query, size_t over_max,
                    size_t under_max, const uint32_t* rows, std::vector<uint32_t>* out) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<Signature> d;
  const hn::RebindToSigned<decltype(d)> di;
  using V = hn::Vec<decltype(d)>;
  const size_t lanes = hn::Lanes(d);
  const auto of_query = hn::Set(d, query);
  const auto count_of = [&](V bits) HWY_ATTR { return hn::BitCast(di, hn::PopulationCount(bits)); };
  const auto too_over = hn::Set(di, static_cast<int64_t>(over_max + 1));
  const auto too_under = hn::Set(di, static_cast<int64_t>(under_max + 1));
  const auto check_vector = [&](size_t begin) HWY_ATTR {
    const V of_text = hn::LoadU(d, signatures + begin);
    const auto passes = hn::And(hn::Lt(count_of(hn::AndNot(of_query, of_text)), too_over),
                                hn::Lt(count_of(hn::AndNot(of_text, of_query)), too_under));
    uint8_t bits[hn::MaxLanes(d) / 8 + 8];
    hn::StoreMaskBits(di, passes, bits);
    for (size_t lane = 0; lane < lanes; lane += 8) {
      for (unsigned left = bits[lane / 8]; left != 0; left &= left - 1) {
        out->push_back(rows[begin + lane + static_cast<size_t>(std::countr_zero(left))]);
      }
    }
  };
  // Most fail by both bounds together, which takes half of the time, several vectors at once.
  const auto too_many = hn::Set(di, static_cast<int64_t>(over_max + under_max + 1));
  const auto excess = [&](size_t begin) HWY_ATTR {  // negative where it does not fail
    return hn::Sub(count_of(hn::Xor(of_query, hn::LoadU(d, signatures + begin))), too_many);
  };
  const auto zero = hn::Zero(di);
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    const auto a = excess(i);
    const auto b = excess(i + lanes);
    const auto c = excess(i + 2 * lanes);
    const auto e = excess(i + 3 * lanes);
    const auto least = hn::Or(hn::Or(a, b), hn::Or(c, e));
    if (HWY_LIKELY(hn::AllFalse(di, hn::Lt(least, zero)))) continue;
    if (!hn::AllFalse(di, hn::Lt(a, zero))) check_vector(i);
    if (!hn::AllFalse(di, hn::Lt(b, zero))) check_vector(i + lanes);
    if (!hn::AllFalse(di, hn::Lt(c, zero))) check_vector(i + 2 * lanes);
    if (!hn::AllFalse(di, hn::Lt(e, zero))) check_vector(i + 3 * lanes);
  }
  for (; i + lanes <= count; i += lanes) check_vector(i);
#endif
  for (; i < count; ++i) {
    if (static_cast<size_t>(UnitSignatures::Over(signatures[i], query)) <= over_max &&
        static_cast<size_t>(UnitSignatures::Over(query, signatures[i])) <= under_max) {
      out->push_back(rows[i]);
    }
  }
}

// The longer one's units less what is in common: of the text's, `over` are not, and of the query's
// `under`; the shorter one's lacks as many more as it is shorter.
void FindDifferences(const Signature* signatures, size_t count, Signature query, size_t over_more,
                     size_t under_more, uint8_t* out) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE
  const hn::ScalableTag<Signature> d;
  const size_t lanes = hn::Lanes(d);
  const auto of_query = hn::Set(d, query);
  const auto over_add = hn::Set(d, over_more);
  const auto under_add = hn::Set(d, under_more);
  for (; i + lanes <= count; i += lanes) {
    const auto of_text = hn::LoadU(d, signatures + i);
    const auto over = hn::Add(hn::PopulationCount(hn::AndNot(of_query, of_text)), over_add);
    const auto under = hn::Add(hn::PopulationCount(hn::AndNot(of_text, of_query)), under_add);
    StoreBytes(d, hn::Max(over, under), out + i);
  }
#endif
  for (; i < count; ++i) {
    const size_t over = static_cast<size_t>(UnitSignatures::Over(signatures[i], query)) + over_more;
    const size_t under =
        static_cast<size_t>(UnitSignatures::Over(query, signatures[i])) + under_more;
    out[i] = static_cast<uint8_t>(std::max(over, under));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kernelserve {
namespace {

constexpr size_t kSampleTexts = 4096;
// Texts between two looks at the stop token.
constexpr size_t kPollTexts = 4096;

std::vector<Text> SampleOf(const Texts& texts) {
  std::vector<Text> sample;
  const size_t step = std::max<size_t>(1, texts.size() / kSampleTexts);
  for (size_t i = 0; i < texts.size(); i += step) sample.push_back(texts[i]);
  return sample;
}

}  // namespace

HWY_EXPORT(FindCandidates);
HWY_EXPORT(FindDifferences);

CountIndex::CountIndex(const Texts& texts, const StopToken& stop)
    : CountIndex(texts, std::max<size_t>(1, texts.size())) {
  if (texts.size() > 0) Add(texts, 0, stop);
  Finish();
}

CountIndex::CountIndex(const Texts& texts, size_t shard_rows)
    : unit_signatures_(SampleOf(texts)),
      shard_rows_(shard_rows),
      order_(texts.size()),
      signatures_(texts.size()),
      shard_runs_((texts.size() + shard_rows - 1) / shard_rows) {}

void CountIndex::Add(const Texts& texts, size_t shard, const StopToken& stop) {
  if (stop.stopped()) return;
  const size_t begin = shard * shard_rows_;
  const size_t end = SortBySize(texts, begin, std::min(texts.size(), begin + shard_rows_));
  std::vector<Run>& runs = shard_runs_[shard];
  for (size_t at = begin; at < end; ++at) {
    if (at % kPollTexts == 0 && stop.stopped()) return;
    const Text text = texts[order_[at]];
    signatures_[at] = unit_signatures_.Of(text);
    const auto place = static_cast<uint32_t>(at);
    const auto units = static_cast<uint32_t>(text.size());
    if (runs.empty() || runs.back().units != units) runs.push_back({units, place, place});
    ++runs.back().end;
  }
}

void CountIndex::Finish() {
  for (const std::vector<Run>& runs : shard_runs_) {
    runs_.insert(runs_.end(), runs.begin(), runs.end());
  }
}

std::span<const CountIndex::Run> CountIndex::runs(size_t shard) const { return shard_runs_[shard]; }

// A counting sort of what is not long, which is nearly all.
size_t CountIndex::SortBySize(const Texts& texts, size_t begin, size_t end) {
  constexpr size_t kLong = 1024;
  std::array<uint32_t, kLong + 2> ends{};
  const auto key = [&](size_t row) { return std::min(texts[row].size(), kLong); };
  ends[0] = static_cast<uint32_t>(begin);
  for (size_t row = begin; row < end; ++row) {
    if (!texts.is_null(row)) ++ends[key(row) + 1];
  }
  for (size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  const auto longs = order_.begin() + ends[kLong];
  const auto past = order_.begin() + ends.back();
  for (size_t row = begin; row < end; ++row) {
    if (!texts.is_null(row)) order_[ends[key(row)]++] = static_cast<uint32_t>(row);
  }
  std::stable_sort(longs, past,
                   [&](uint32_t a, uint32_t b) { return texts[a].size() < texts[b].size(); });
  return static_cast<size_t>(past - order_.begin());
}

void CountIndex::Candidates(UnitSignatures::Signature query, size_t begin, size_t end,
                            size_t over_max, size_t under_max, std::vector<uint32_t>* rows) const {
  HWY_DYNAMIC_DISPATCH(FindCandidates)
  (signatures_.data() + begin, end - begin, query, over_max, under_max, order_.data() + begin,
   rows);
}

void CountIndex::Differences(UnitSignatures::Signature query, size_t query_units, size_t units,
                             size_t begin, size_t end, uint8_t* out) const {
  const size_t over_more = query_units > units ? query_units - units : 0;
  const size_t under_more = units > query_units ? units - query_units : 0;
  // Signatures differ by at most 64.
  constexpr size_t kMoreMax = 255 - 64;
  HWY_DYNAMIC_DISPATCH(FindDifferences)
  (signatures_.data() + begin, end - begin, query, std::min(over_more, kMoreMax),
   std::min(under_more, kMoreMax), out);
}

}  // namespace kernelserve
#endif  // HWY_ONCE
