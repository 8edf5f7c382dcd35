#include "kernels/string_distance/best_part.h"

#include <cstddef>

#include "gtest/gtest.h"
#include "kernels/reference/random_text.h"
#include "kernels/reference/simd_targets.h"
#include "kernels/string_distance/short_block.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::RandomText;
using reference::Units;

// Neither knows of the other's way: windows one by one, and a braid for all of them.
TEST(BestPartTest, WindowsAndStrandsAgreeAtEveryTarget) {
  const int targets = reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    RandomText random(21);
    for (int i = 0; i < 400; ++i) {
      const size_t longer_max = i % 10 == 0 ? 1300 : 150;
      auto [a, b] = random.Pair(longer_max);
      if (i % 2 == 0) b = random.Edit(Units(a.begin(), a.begin() + a.size() / 2), a.size() / 8);
      if (b.size() > kShortUnits) b.resize(1 + random.Below(kShortUnits));
      if (b.empty() || a.size() < b.size()) continue;
      const OwnedText longer(a);
      const OwnedText shorter(b, i % 3 == 0 ? 4 : reference::WidthOf(b));
      ASSERT_EQ(BestLongPart(shorter.text(), longer.text(), {}),
                BestShortPart(shorter.text(), longer.text(), {}))
          << i << ": " << b.size() << " and " << a.size() << " units";
    }
  });
  EXPECT_GE(targets, 1);
}

}  // namespace
}  // namespace kernelserve
