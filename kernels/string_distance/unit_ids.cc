#include "kernels/string_distance/unit_ids.h"

#include <algorithm>
#include <bit>

namespace kernelserve {
namespace {

constexpr size_t kSlotsMin = 16;
// At first; many units may be few different ones.
constexpr size_t kFirstSlotsMax = 4096;

}  // namespace

UnitIds::UnitIds(size_t units)
    : slots_(std::bit_ceil(std::clamp(4 * units, kSlotsMin, kFirstSlotsMax))) {}

uint32_t UnitIds::FindOrAdd(uint32_t unit) {
  if (unit < latin1_.size()) {
    if (latin1_[unit] == 0) latin1_[unit] = end_++;
    return latin1_[unit];
  }
  size_t at = Place(unit);
  if (slots_[at].id != 0) return slots_[at].id;
  // Some of the ids are Latin-1 units': the slots may be emptier than half, never fuller.
  if (2 * size_t{end_} > slots_.size()) {
    GrowSlots();
    at = Place(unit);
  }
  slots_[at] = {unit, end_};
  return end_++;
}

void UnitIds::Renumber(std::span<const uint32_t> ids) {
  for (uint32_t& id : latin1_) id = ids[id];
  for (Slot& slot : slots_) slot.id = ids[slot.id];
}

void UnitIds::GrowSlots() {
  std::vector<Slot> old(4 * slots_.size());
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.id != 0) slots_[Place(slot.unit)] = slot;
  }
}

}  // namespace kernelserve
