#include "kernels/did_you_mean.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace kernelserve {
namespace {

const std::vector<absl::string_view> kNames = {"levenshtein.distance", "levenshtein.similarity",
                                               "jaro.similarity", "fibonacci"};

TEST(DidYouMeanTest, ANearNameIsSuggested) {
  EXPECT_EQ(NearestName("levenstein.distance", kNames), "levenshtein.distance");
  EXPECT_EQ(NearestName("jaro.similarty", kNames), "jaro.similarity");
  EXPECT_EQ(DidYouMean("fibbonaci", kNames), "; did you mean 'fibonacci'?");
}

TEST(DidYouMeanTest, AFarOneIsNot) {
  EXPECT_EQ(NearestName("soundex", kNames), "");
  EXPECT_EQ(DidYouMean("", kNames), "");
  EXPECT_EQ(NearestName(std::string(1 << 20, 'f'), kNames), "");
}

}  // namespace
}  // namespace kernelserve
