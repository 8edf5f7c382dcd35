#include "kernels/phonetics/metaphone.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "kernels/reference/random_text.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::Units;

std::string MetaphoneOf(std::u32string_view name) {
  const OwnedText owned(Units(name.begin(), name.end()));
  return Metaphone(owned.text());
}

// The rules in the order in which Philips has them.
TEST(MetaphoneTest, FollowsThePublishedRules) {
  EXPECT_EQ(MetaphoneOf(U"knight"), "NT");
  EXPECT_EQ(MetaphoneOf(U"gnome"), "NM");
  EXPECT_EQ(MetaphoneOf(U"pneumatic"), "NMTK");
  EXPECT_EQ(MetaphoneOf(U"aegis"), "EJS");
  EXPECT_EQ(MetaphoneOf(U"wrack"), "RK");
  EXPECT_EQ(MetaphoneOf(U"white"), "WT");
  EXPECT_EQ(MetaphoneOf(U"thumb"), "0M");
  EXPECT_EQ(MetaphoneOf(U"science"), "SSNS");
  EXPECT_EQ(MetaphoneOf(U"chin"), "XN");
  EXPECT_EQ(MetaphoneOf(U"dodgy"), "TJ");
  EXPECT_EQ(MetaphoneOf(U"phone"), "FN");
  EXPECT_EQ(MetaphoneOf(U"nation"), "NXN");
  EXPECT_EQ(MetaphoneOf(U"match"), "MX");
  EXPECT_EQ(MetaphoneOf(U"xylophone"), "SLFN");
  EXPECT_EQ(MetaphoneOf(U"box"), "BKS");
  EXPECT_EQ(MetaphoneOf(U"zoo"), "S");
}

TEST(MetaphoneTest, AFinalGhIsSilent) { EXPECT_EQ(MetaphoneOf(U"Attenborough"), "ATNBR"); }

TEST(MetaphoneTest, WordsAreKeptApartAndWhatIsNoLetterLeftOut) {
  EXPECT_EQ(MetaphoneOf(U""), "");
  EXPECT_EQ(MetaphoneOf(U"  new   york "), "N YRK ");
  EXPECT_EQ(MetaphoneOf(U"日本"), "");
  EXPECT_EQ(MetaphoneOf(U"éclair"), "EKLR");
}

}  // namespace
}  // namespace kernelserve
