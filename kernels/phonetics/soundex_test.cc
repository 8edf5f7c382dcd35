#include "kernels/phonetics/soundex.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "kernels/reference/random_text.h"

namespace kernelserve {
namespace {

using reference::OwnedText;
using reference::Units;

std::string SoundexOf(std::u32string_view name) {
  const OwnedText owned(Units(name.begin(), name.end()));
  return Soundex(owned.text());
}

// The National Archives' guide to the Soundex indexing system, and Knuth, The Art of Computer
// Programming, volume 3, chapter 6.
TEST(SoundexTest, GivesWhatIsPublished) {
  EXPECT_EQ(SoundexOf(U"Washington"), "W252");
  EXPECT_EQ(SoundexOf(U"Lee"), "L000");
  EXPECT_EQ(SoundexOf(U"Gutierrez"), "G362");
  EXPECT_EQ(SoundexOf(U"Pfister"), "P236");
  EXPECT_EQ(SoundexOf(U"Jackson"), "J250");
  EXPECT_EQ(SoundexOf(U"Tymczak"), "T522");
  EXPECT_EQ(SoundexOf(U"Ashcraft"), "A261");
  EXPECT_EQ(SoundexOf(U"Euler"), "E460");
  EXPECT_EQ(SoundexOf(U"Ellery"), "E460");
  EXPECT_EQ(SoundexOf(U"Gauss"), "G200");
  EXPECT_EQ(SoundexOf(U"Hilbert"), "H416");
  EXPECT_EQ(SoundexOf(U"Knuth"), "K530");
  EXPECT_EQ(SoundexOf(U"Lloyd"), "L300");
  EXPECT_EQ(SoundexOf(U"Lukasiewicz"), "L222");
}

TEST(SoundexTest, ALetterIsTheSameWithItsAccentAndInEitherCase) {
  EXPECT_EQ(SoundexOf(U"müller"), "M460");
  EXPECT_EQ(SoundexOf(U"ÉCLAIR"), "E246");
  EXPECT_EQ(SoundexOf(U"éclair"), "E246");
  EXPECT_EQ(SoundexOf(U"ßtrasse"), "S362");
}

TEST(SoundexTest, WhateverComesFirstIsKept) {
  EXPECT_EQ(SoundexOf(U""), "");
  EXPECT_EQ(SoundexOf(U"-ab"), "-100");
  EXPECT_EQ(SoundexOf(U"日本"), "日000");
  EXPECT_EQ(SoundexOf(U"йод"), "И000");
  EXPECT_EQ(SoundexOf(U"\xD55C\xAE00"), "\u1112000");  // of a syllable, its first letter
}

}  // namespace
}  // namespace kernelserve
