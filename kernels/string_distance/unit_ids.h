#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_UNIT_IDS_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_UNIT_IDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace kernelserve {

// Numbers units in the order in which they are added, from 1.
class UnitIds {
 public:
  // For about so many of them, repeated ones included.
  explicit UnitIds(size_t units);

  // Of a unit that was never added: 0.
  uint32_t Find(uint32_t unit) const {
    return unit < latin1_.size() ? latin1_[unit] : FindOther(unit);
  }
  uint32_t FindOrAdd(uint32_t unit);

  // Over all ids, with 0: each is below it.
  uint32_t end() const { return end_; }
  // Id `id` becomes ids[id]. Nothing can be added afterwards.
  void Renumber(std::span<const uint32_t> ids);

 private:
  struct Slot {
    uint32_t unit;
    uint32_t id;  // 0: the slot is empty
  };

  uint32_t FindOther(uint32_t unit) const { return slots_[Place(unit)].id; }

  // Where the unit is, or would be.
  size_t Place(uint32_t unit) const {
    // Seeded with an address that differs from process to process, so that a client can't tell
    // which units collide.
    static constexpr char kSeed = 0;
    uint64_t hash = (unit ^ reinterpret_cast<uintptr_t>(&kSeed)) * 0x9E3779B97F4A7C15;
    hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93;
    size_t at = (hash >> 32) & (slots_.size() - 1);
    while (slots_[at].id != 0 && slots_[at].unit != unit) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  void GrowSlots();

  uint32_t end_ = 1;
  std::array<uint32_t, 256> latin1_{};
  // Of all other units: open addressing, linear probing, at most half full.
  std::vector<Slot> slots_;
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_UNIT_IDS_H_
