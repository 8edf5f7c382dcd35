#include "kernels/phonetics/nysiis.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "kernels/reference/random_text.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::Units;

std::string NysiisOf(std::u32string_view name) {
  const OwnedText owned(Units(name.begin(), name.end()));
  return Nysiis(owned.text());
}

// Taft's rules, one by one.
TEST(NysiisTest, FollowsThePublishedRules) {
  EXPECT_EQ(NysiisOf(U"MacIntyre"), "MCANTYR");
  EXPECT_EQ(NysiisOf(U"Knuth"), "NAT");
  EXPECT_EQ(NysiisOf(U"Koehn"), "CAN");
  EXPECT_EQ(NysiisOf(U"Phillipson"), "FALAPSAN");
  EXPECT_EQ(NysiisOf(U"Pfister"), "FASTAR");
  EXPECT_EQ(NysiisOf(U"Schoenhoeft"), "SANAFT");
  EXPECT_EQ(NysiisOf(U"McKee"), "MCY");
  EXPECT_EQ(NysiisOf(U"Mackie"), "MCY");
  EXPECT_EQ(NysiisOf(U"Bart"), "BAD");
  EXPECT_EQ(NysiisOf(U"Hurd"), "HAD");
  EXPECT_EQ(NysiisOf(U"Hunt"), "HAD");
  EXPECT_EQ(NysiisOf(U"Westerlund"), "WASTARLAD");
  EXPECT_EQ(NysiisOf(U"Casstevens"), "CASTAFAN");
  EXPECT_EQ(NysiisOf(U"Vasquez"), "VASG");
  EXPECT_EQ(NysiisOf(U"Frazier"), "FRASAR");
  EXPECT_EQ(NysiisOf(U"McKnight"), "MCNAGT");
  EXPECT_EQ(NysiisOf(U"Rickert"), "RACAD");
  EXPECT_EQ(NysiisOf(U"Westphal"), "WASTFAL");
  EXPECT_EQ(NysiisOf(U"Shriver"), "SRAVAR");
  EXPECT_EQ(NysiisOf(U"Kuhl"), "CAL");
  EXPECT_EQ(NysiisOf(U"Rawson"), "RASAN");
  EXPECT_EQ(NysiisOf(U"Jiles"), "JAL");
  EXPECT_EQ(NysiisOf(U"Carraway"), "CARY");
  EXPECT_EQ(NysiisOf(U"Yamada"), "YANAD");
}

TEST(NysiisTest, ALetterWithAMarkIsALetterOfItsOwn) {
  EXPECT_EQ(NysiisOf(U""), "");
  EXPECT_EQ(NysiisOf(U"müller"), "MÜLAR");
  EXPECT_EQ(NysiisOf(U"abe\u0301e\u0301"), "ABE\u0301");
  EXPECT_EQ(NysiisOf(U"日本"), "日本");
}

}  // namespace
}  // namespace kernelserve
