#include "server/scheduler/held_refusals.h"

#include <cstdint>
#include <semaphore>
#include <vector>

#include "gtest/gtest.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

constexpr int64_t kNoEnd = INT64_MAX;

class Counted final : public HeldRefusals::Refusal {
 public:
  void Tell() override { told_.release(); }
  void WaitUntilTold() { told_.acquire(); }
  bool WasTold() { return told_.try_acquire(); }

 private:
  std::counting_semaphore<> told_{0};
};

constexpr uint64_t kOneFlow = UINT64_MAX;

// Has so many flows refused at once that those of any are held.
void Flood(HeldRefusals* refusals) {
  static Counted other;  // one may be told yet
  for (int64_t flow = 0; flow < 2 * kRefusalsPerSecond; ++flow) {
    if (refusals->Hold(&other, static_cast<uint64_t>(flow), kNoEnd)) refusals->TakeBack(&other);
  }
}

TEST(HeldRefusalsTest, HoldsNoneBackUntilThereAreMany) {
  Counted refusal;
  HeldRefusals refusals;
  EXPECT_FALSE(refusals.Hold(&refusal, kOneFlow, kNoEnd));
  EXPECT_EQ(refusals.held(), 0u);
}

TEST(HeldRefusalsTest, TellsEachInItsTurn) {
  std::vector<Counted> held(50);
  HeldRefusals refusals;
  Flood(&refusals);
  for (Counted& each : held) ASSERT_TRUE(refusals.Hold(&each, kOneFlow, kNoEnd));
  for (Counted& each : held) each.WaitUntilTold();
  EXPECT_EQ(refusals.held(), 0u);
}

// A call that has a moment left to go elsewhere comes before those that have all the time.
TEST(HeldRefusalsTest, TellsFirstWhatIsDueFirst) {
  Counted last, first;
  HeldRefusals refusals;
  Flood(&refusals);
  ASSERT_TRUE(refusals.Hold(&last, kOneFlow, kNoEnd));
  ASSERT_TRUE(refusals.Hold(&first, kOneFlow, 2 * kRetryDelayMs * 1'000'000));
  first.WaitUntilTold();
  EXPECT_FALSE(last.WasTold());
  ASSERT_TRUE(refusals.TakeBack(&last));
}

TEST(HeldRefusalsTest, DoesNotTellWhatWasTakenBack) {
  Counted gone, other;
  HeldRefusals refusals;
  Flood(&refusals);
  ASSERT_TRUE(refusals.Hold(&gone, kOneFlow, kNoEnd));
  EXPECT_TRUE(refusals.TakeBack(&gone));
  EXPECT_FALSE(refusals.TakeBack(&gone));
  ASSERT_TRUE(refusals.Hold(&other, kOneFlow, kNoEnd));
  other.WaitUntilTold();
  EXPECT_FALSE(gone.WasTold());
  EXPECT_FALSE(refusals.TakeBack(&other));
}

TEST(HeldRefusalsTest, HoldsABoundedNumber) {
  std::vector<Counted> held(kRefusalsHeldMax);
  Counted over;
  HeldRefusals refusals;
  Flood(&refusals);
  for (Counted& each : held) ASSERT_TRUE(refusals.Hold(&each, kOneFlow, kNoEnd));
  EXPECT_FALSE(refusals.Hold(&over, kOneFlow, kNoEnd));
  EXPECT_TRUE(refusals.TakeBack(&held[7]));
  EXPECT_TRUE(refusals.Hold(&over, kOneFlow, kNoEnd));
  for (Counted& each : held) refusals.TakeBack(&each);
  refusals.TakeBack(&over);
}

// A client that goes away while its call is being refused would else be waited for.
TEST(HeldRefusalsTest, HoldsNoneThatWasTakenBackBefore) {
  Counted refusal;
  HeldRefusals refusals;
  Flood(&refusals);
  EXPECT_FALSE(refusals.TakeBack(&refusal));
  EXPECT_FALSE(refusals.Hold(&refusal, kOneFlow, kNoEnd));
  EXPECT_EQ(refusals.held(), 0u);
}

TEST(HeldRefusalsTest, TellsWhetherAnyIsHeldWhenThatChanges) {
  Counted first, second;
  std::vector<bool> told;  // under the lock of what tells it, and to be read when that is gone
  {
    HeldRefusals refusals([&](bool any) { told.push_back(any); });
    Flood(&refusals);
    ASSERT_TRUE(refusals.Hold(&first, kOneFlow, kNoEnd));
    ASSERT_TRUE(refusals.TakeBack(&first));
    EXPECT_FALSE(told.back()) << "at once, and not when its turn would have come";
    ASSERT_TRUE(refusals.Hold(&first, kOneFlow, kNoEnd));
    ASSERT_TRUE(refusals.Hold(&second, kOneFlow, kNoEnd));
    ASSERT_TRUE(refusals.TakeBack(&first));
    second.WaitUntilTold();
  }
  ASSERT_FALSE(told.empty());
  for (size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], i % 2 == 0) << i;
  EXPECT_FALSE(told.back());
}

}  // namespace
}  // namespace kernelserve::server
