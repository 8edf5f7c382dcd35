#include "kernels/string_distance/score_matrix.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/data_type.h"
#include "kernels/reference/simd_targets.h"

namespace kernelserve {
namespace {

template <typename Number>
void ExpectFilled(DataType type, Number number) {
  // Small ones stay in the cache, and those over 2^20 bytes do not; wherever they begin and end.
  for (const size_t choices : {size_t{0}, size_t{1}, size_t{77}, size_t{1 << 20 | 5}}) {
    for (const size_t begin : {size_t{0}, size_t{1}, size_t{61}}) {
      const size_t bytes = 2 * choices * sizeof(Number);
      std::vector<uint8_t> memory(begin + bytes + 100, 0xaa);
      ScoreMatrix matrix(type, 2, choices, memory.data() + begin);
      matrix.Fill(static_cast<double>(number));
      size_t wrong = 0;
      for (size_t i = 0; i < 2 * choices; ++i) {
        Number found;
        std::memcpy(&found, memory.data() + begin + i * sizeof(Number), sizeof(Number));
        wrong += found != number;
      }
      EXPECT_EQ(wrong, 0u) << choices << " choices from byte " << begin;
      const auto untouched = [](uint8_t byte) { return byte == 0xaa; };
      const auto end = memory.begin() + static_cast<ptrdiff_t>(begin);
      EXPECT_TRUE(std::all_of(memory.begin(), end, untouched));
      EXPECT_TRUE(std::all_of(end + static_cast<ptrdiff_t>(bytes), memory.end(), untouched))
          << choices << " choices from byte " << begin;
    }
  }
}

TEST(ScoreMatrixTest, FillsWhatItHoldsAndNothingElse) {
  reference::ForEachSimdTarget([](const char* target) {
    SCOPED_TRACE(target);
    ExpectFilled<uint8_t>(DataType::kUint8, 3);
    ExpectFilled<int16_t>(DataType::kInt16, 0x1234);
    ExpectFilled<int32_t>(DataType::kInt32, -0x12345);
    ExpectFilled<float>(DataType::kFloat32, 0.7f);
    ExpectFilled<double>(DataType::kFloat64, 1.0 / 3);
  });
}

// Each row is `given`, in two parts.
template <typename Number, typename Given>
void ExpectPut(DataType type, const std::vector<Given>& given) {
  // Small ones stay in the cache, and those over 2^20 bytes do not; wherever they begin and end.
  for (const size_t queries : {size_t{1}, (size_t{1} << 20) / given.size() + 1}) {
    for (const size_t begin : {size_t{0}, size_t{15}}) {
      const size_t bytes = queries * given.size() * sizeof(Number);
      std::vector<uint8_t> memory(begin * sizeof(Number) + bytes + 100, 0xaa);
      uint8_t* const values = memory.data() + begin * sizeof(Number);
      ScoreMatrix matrix(type, queries, given.size(), values);
      const size_t part = given.size() / 3;
      for (size_t query = 0; query < queries; ++query) {
        matrix.Put(query, 0, std::span(given).first(part));
        matrix.Put(query, part, std::span(given).subspan(part));
      }
      matrix.Finish();
      size_t wrong = 0;
      for (size_t i = 0; i < queries * given.size(); ++i) {
        Number found;
        std::memcpy(&found, values + i * sizeof(Number), sizeof(Number));
        wrong += found != static_cast<Number>(given[i % given.size()]);
      }
      EXPECT_EQ(wrong, 0u) << queries << " rows from number " << begin;
      for (size_t i = 0; i < memory.size(); ++i) {
        if (i < begin * sizeof(Number) || i >= begin * sizeof(Number) + bytes) {
          ASSERT_EQ(memory[i], 0xaa) << queries << " rows from number " << begin;
        }
      }
    }
  }
}

TEST(ScoreMatrixTest, PutsScoresWhereTheyBelongAtEveryTarget) {
  std::vector<uint8_t> whole(1501);
  std::vector<double> similarities(1501);
  for (size_t i = 0; i < whole.size(); ++i) {
    whole[i] = static_cast<uint8_t>(i * 7);
    similarities[i] = static_cast<double>(i) / 1501;
  }
  reference::ForEachSimdTarget([&](const char* target) {
    SCOPED_TRACE(target);
    ExpectPut<uint8_t>(DataType::kUint8, whole);
    ExpectPut<float>(DataType::kFloat32, similarities);
  });
}

}  // namespace
}  // namespace kernelserve
