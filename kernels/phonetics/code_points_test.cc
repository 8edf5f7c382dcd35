#include "kernels/phonetics/code_points.h"

#include <string>

#include "gtest/gtest.h"
#include "kernels/reference/utf8.h"

namespace kernelserve::phonetics {
namespace {

TEST(Utf8Test, EqualsTheOracle) {
  for (char32_t code_point = 0; code_point <= 0x10FFFF; ++code_point) {
    ASSERT_EQ(Utf8(std::u32string(1, code_point)),
              reference::EncodeUtf8(static_cast<uint32_t>(code_point)));
  }
}

TEST(Utf8Test, WhatIsNoCodePointIsReplaced) {
  EXPECT_EQ(Utf8(std::u32string({0x110000, 'a', 0xFFFFFFFF})), "\uFFFDa\uFFFD");
}

}  // namespace
}  // namespace kernelserve::phonetics
