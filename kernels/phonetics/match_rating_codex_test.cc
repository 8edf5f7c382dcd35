#include "kernels/phonetics/match_rating_codex.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "kernels/error.h"
#include "kernels/reference/random_text.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::Units;

absl::StatusOr<std::string> CodexOf(std::u32string_view name) {
  const OwnedText owned(Units(name.begin(), name.end()));
  return MatchRatingCodex(owned.text());
}

// Moore and others 1977, and what their examples lead to.
TEST(MatchRatingCodexTest, FollowsThePublishedRules) {
  EXPECT_EQ(*CodexOf(U"Byrne"), "BYRN");
  EXPECT_EQ(*CodexOf(U"Boern"), "BRN");
  EXPECT_EQ(*CodexOf(U"Smith"), "SMTH");
  EXPECT_EQ(*CodexOf(U"Smyth"), "SMYTH");
  EXPECT_EQ(*CodexOf(U"Catherine"), "CTHRN");
  EXPECT_EQ(*CodexOf(U"Kathryn"), "KTHRYN");
  EXPECT_EQ(*CodexOf(U"Ellington"), "ELNGTN");
  EXPECT_EQ(*CodexOf(U"Shakespeare"), "SHKSPR");
  EXPECT_EQ(*CodexOf(U"Christopherson"), "CHRRSN");
}

TEST(MatchRatingCodexTest, LongIsWhatTakesOverSixBytes) {
  EXPECT_EQ(*CodexOf(U""), "");
  EXPECT_EQ(*CodexOf(U"Müllerstein"), "MÜLSTN");
  EXPECT_EQ(*CodexOf(U"日本語"), "日本語日本語");
}

TEST(MatchRatingCodexTest, WhatIsNotAlphabeticIsAnError) {
  EXPECT_TRUE(CodexOf(U"Anna Maria").ok());
  for (const auto* const name : {U"O'Brien", U"R2D2", U"Anna-Maria", U"abc\u0301"}) {
    EXPECT_EQ(ErrorReason(CodexOf(name).status()), "ROW_FAILED");
  }
  EXPECT_EQ(CodexOf(U"O'Brien").status().message(),
            "text has U+0027, expected alphabetic characters and blanks");
}

}  // namespace
}  // namespace kernelserve
