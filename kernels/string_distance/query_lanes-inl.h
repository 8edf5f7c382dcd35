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

#include "hwy/highway.h"
#include "kernels/string_distance/text_lanes-inl.h"
#include "kernels/text.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

#if KERNELSERVE_TEXT_LANES

// Queries of 1 to kBits units, each in a lane of kBits bits, in kVectors vectors: for any unit of a
// text, the places of it in each query, by one look into a table.
template <size_t kBits, size_t kVectors>
class QueryLanes {
 public:
  using Lane = LaneOfBits<kBits>;
  using Vector = hn::Vec<hn::ScalableTag<Lane>>;
  static constexpr size_t kLanes = kVectorBytes * 8 / kBits;  // in a vector
  static constexpr size_t kQueries = kVectors * kLanes;
  using Row = std::array<Lane, kQueries>;

  // At most kQueries. Lanes without a query match nothing.
  void Set(std::span<const Text> queries) {
    latin1_.fill(Row{});
    slots_.fill(Slot{});
    others_ = 0;
    rows_.fill(0);
    for (size_t lane = 0; lane < queries.size(); ++lane) {
      queries[lane].Visit([&](auto units) {
        for (size_t i = 0; i < units.size(); ++i) {
          RowToSet(units[i])[lane] |= static_cast<Lane>(Lane{1} << i);
        }
        rows_[lane] = static_cast<Lane>(~Lane{0}) >> (kBits - units.size());
      });
    }
  }

  // Where `unit` occurs in the queries of each vector.
  template <typename Unit>
  HWY_INLINE const Lane* Matches(Unit unit) const {
    if constexpr (sizeof(Unit) == 1) return latin1_[unit].data();
    if (unit < latin1_.size()) return latin1_[unit].data();
    return other_[slots_[SlotOf(unit)].row].data();
  }

  // One bit for each unit of a query, from bit 0.
  HWY_INLINE Vector rows(size_t v) const {
    return hn::Load(hn::ScalableTag<Lane>(), rows_.data() + v * kLanes);
  }

 private:
  // Of units over Latin-1, there are at most as many as all lanes have bits.
  static constexpr size_t kOthers = kQueries * kBits;
  static constexpr size_t kSlots = 2 * kOthers;
  struct Slot {
    uint32_t unit;  // 0: empty, as that is in Latin-1
    uint16_t row;   // 0, of a free slot: nothing matches
  };

  // The place of `unit`, or of the free slot where it belongs.
  size_t SlotOf(uint32_t unit) const {
    // Multiplicative hashing (Knuth); its upper bits are the good ones.
    size_t slot = (unit * 0x9e3779b1u) >> (32 - std::countr_zero(kSlots));
    while (slots_[slot].unit != unit && slots_[slot].unit != 0) slot = (slot + 1) % kSlots;
    return slot;
  }
  Row& RowToSet(uint32_t unit) {
    if (unit < latin1_.size()) return latin1_[unit];
    Slot& slot = slots_[SlotOf(unit)];
    if (slot.unit == 0) {
      slot = {unit, ++others_};
      other_[others_] = Row{};
    }
    return other_[slot.row];
  }

  alignas(HWY_ALIGNMENT) std::array<Row, 256> latin1_;
  alignas(HWY_ALIGNMENT) std::array<Row, kOthers + 1> other_{};  // [0]: no query has the unit
  alignas(HWY_ALIGNMENT) Row rows_;
  std::array<Slot, kSlots> slots_;
  uint16_t others_;
};

#endif

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target
