// Short queries, each in a lane of its own, against one text at a time: included once for each SIMD
// target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_QUERY_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_QUERY_LANES_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_QUERY_LANES_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_QUERY_LANES_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hwy/aligned_allocator.h"
#include "hwy/highway.h"
#include "kernels/string_distance/choice_units.h"
#include "kernels/string_distance/text_lanes-inl.h"
#include "kernels/text.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

#if KERNELSERVE_TEXT_LANES

// Queries of 1 to kBits units, each in a lane of kBits bits, in up to kVectors vectors: for any
// unit of a choice, the places of it in each query, by a look into a table.
template <size_t kBits, size_t kVectors>
class QueryLanes {
 public:
  static constexpr size_t kLaneBits = kBits;
  using Lane = LaneOfBits<kBits>;
  using Vector = hn::Vec<hn::ScalableTag<Lane>>;
  static constexpr size_t kLanes = kVectorBytes * 8 / kBits;  // in a vector
  static constexpr size_t kQueries = kVectors * kLanes;

  // `units` are those of these queries and of others, and stay as long as this object.
  explicit QueryLanes(const QueryUnits& units)
      : units_(units),
        row_of_(units.end()),
        // At most one for each unit that the queries have.
        matches_(
            hwy::AllocateAligned<Lane>(std::min(units.end(), kQueries * kBits + 1) * kQueries)) {}

  // At most kQueries. Lanes without a query match nothing.
  void Set(std::span<const Text> queries) {
    std::fill(row_of_.begin(), row_of_.end(), uint16_t{0});
    size_t used = 1;
    std::fill_n(matches_.get(), kQueries, Lane{0});
    rows_.fill(0);
    for (size_t lane = 0; lane < queries.size(); ++lane) {
      queries[lane].Visit([&](auto units) {
        for (size_t i = 0; i < units.size(); ++i) {
          uint16_t& row = row_of_[units_.Of(units[i])];
          if (row == 0) {
            row = static_cast<uint16_t>(used++);
            std::fill_n(matches_.get() + row * kQueries, kQueries, Lane{0});
          }
          matches_[row * kQueries + lane] |= static_cast<Lane>(Lane{1} << i);
        }
        rows_[lane] = static_cast<Lane>(~Lane{0}) >> (kBits - units.size());
      });
    }
  }

  // Where the unit occurs in the queries, vector by vector.
  HWY_INLINE const Lane* Matches(QueryUnit unit) const {
    return matches_.get() + size_t{row_of_[unit]} * kQueries;
  }

  // One bit for each unit of a query, from bit 0, vector by vector.
  HWY_INLINE const Lane* rows() const { return rows_.data(); }
  HWY_INLINE Vector rows(size_t v) const {
    return hn::Load(hn::ScalableTag<Lane>(), rows_.data() + v * kLanes);
  }

 private:
  const QueryUnits& units_;
  std::vector<uint16_t> row_of_;  // 0 matches nothing
  hwy::AlignedFreeUniquePtr<Lane[]> matches_;
  alignas(HWY_ALIGNMENT) std::array<Lane, kQueries> rows_;
};

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target
