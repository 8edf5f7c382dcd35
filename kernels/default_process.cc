#include "kernels/default_process.h"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/default_process_table.h"

namespace kernelserve {
namespace {

constexpr uint32_t kCodePoints = 0x110000;
constexpr uint32_t kSpace = ' ';

// What becomes of each code point, in pages of 256. Most pages are all spaces, or all letters
// without case, such as those of Han and Hangul: the former are one, the latter are none.
class Characters {
 public:
  Characters() {
    std::vector<uint32_t> all(kCodePoints, kSpace);
    uint32_t end = 0;
    bool alphanumeric = false;
    for (const uint32_t distance : kAlphanumericDistances) {
      for (uint32_t c = end; alphanumeric && c < end + distance; ++c) all[c] = c;
      end += distance;
      alphanumeric = !alphanumeric;
    }
    for (const UpperCaseRun& run : kUpperCaseRuns) {
      for (uint32_t c = run.first; c <= run.last; c += run.step) all[c] = c + run.by;
    }
    static constexpr Page kSpaces = [] {
      Page page{};
      page.fill(kSpace);
      return page;
    }();
    for (uint32_t number = 0; number < pages_.size(); ++number) {
      Page page{};
      bool same = true;
      for (uint32_t i = 0; i < page.size(); ++i) {
        page[i] = all[number * page.size() + i];
        same = same && page[i] == number * page.size() + i;
      }
      if (same) continue;
      pages_[number] = page == kSpaces ? &kSpaces : new Page(page);  // for as long as the process
    }
    for (size_t i = 0; i < latin1_.size(); ++i) latin1_[i] = static_cast<uint8_t>(all[i]);
  }

  uint32_t Of(uint32_t code_point) const {
    if (code_point >= kCodePoints) return code_point;
    const Page* page = pages_[code_point / 256];
    return page == nullptr ? code_point : (*page)[code_point % 256];
  }
  uint8_t OfLatin1(uint8_t code_point) const { return latin1_[code_point]; }

 private:
  using Page = std::array<uint32_t, 256>;

  std::array<const Page*, kCodePoints / 256> pages_{};
  std::array<uint8_t, 256> latin1_;
};

const Characters& AllCharacters() {
  static const auto& characters = *new Characters();
  return characters;
}

}  // namespace

Text DefaultProcess(Text text, void* memory) {
  const Characters& characters = AllCharacters();
  return text.Visit([&]<typename Unit>(std::span<const Unit> units) {
    auto* const out = static_cast<Unit*>(memory);
    for (size_t i = 0; i < units.size(); ++i) {
      if constexpr (sizeof(Unit) == 1) {
        out[i] = characters.OfLatin1(units[i]);
      } else {
        // The lower case of what two bytes hold needs no more than two.
        out[i] = static_cast<Unit>(characters.Of(units[i]));
      }
    }
    size_t begin = 0;
    size_t end = units.size();
    while (begin < end && out[begin] == kSpace) ++begin;
    while (begin < end && out[end - 1] == kSpace) --end;
    return Text(std::span<const Unit>(out + begin, end - begin));
  });
}

}  // namespace kernelserve
