#include "server/scheduler/held_refusals.h"

#include <latch>
#include <semaphore>
#include <vector>

#include "gtest/gtest.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

constexpr int64_t kForever = INT64_MAX;

class Counted final : public HeldRefusals::Refusal {
 public:
  void Tell() override { told_.release(); }
  void WaitUntilTold() { told_.acquire(); }
  bool WasTold() { return told_.try_acquire(); }

 private:
  std::counting_semaphore<> told_{0};
};

constexpr uint64_t kFlow = UINT64_MAX;

// Has so many flows refused at once that those of any are held.
void Flood(HeldRefusals* refusals) {
  Counted other;
  for (int64_t flow = 0; flow < 2 * kRefusalsPerSecond; ++flow) {
    if (refusals->Hold(&other, static_cast<uint64_t>(flow), kForever)) refusals->TakeBack(&other);
  }
}

TEST(HeldRefusalsTest, HoldsNoneBackUntilThereAreMany) {
  HeldRefusals refusals;
  Counted refusal;
  EXPECT_FALSE(refusals.Hold(&refusal, kFlow, kForever));
  EXPECT_EQ(refusals.held(), 0u);
}

TEST(HeldRefusalsTest, TellsEachInItsTurn) {
  HeldRefusals refusals;
  Flood(&refusals);
  std::vector<Counted> held(50);
  for (Counted& each : held) ASSERT_TRUE(refusals.Hold(&each, kFlow, kForever));
  for (Counted& each : held) each.WaitUntilTold();
  EXPECT_EQ(refusals.held(), 0u);
}

// A call without time to go elsewhere comes before those that have all the time.
TEST(HeldRefusalsTest, TellsFirstWhatIsDueFirst) {
  HeldRefusals refusals;
  Flood(&refusals);
  Counted last, first;
  ASSERT_TRUE(refusals.Hold(&last, kFlow, kForever));
  ASSERT_TRUE(refusals.Hold(&first, kFlow, 0));
  first.WaitUntilTold();
  EXPECT_FALSE(last.WasTold());
  ASSERT_TRUE(refusals.TakeBack(&last));
}

TEST(HeldRefusalsTest, DoesNotTellWhatWasTakenBack) {
  HeldRefusals refusals;
  Flood(&refusals);
  Counted gone, other;
  ASSERT_TRUE(refusals.Hold(&gone, kFlow, kForever));
  EXPECT_TRUE(refusals.TakeBack(&gone));
  EXPECT_FALSE(refusals.TakeBack(&gone));
  ASSERT_TRUE(refusals.Hold(&other, kFlow, kForever));
  other.WaitUntilTold();
  EXPECT_FALSE(gone.WasTold());
  EXPECT_FALSE(refusals.TakeBack(&other));
}

TEST(HeldRefusalsTest, HoldsABoundedNumber) {
  HeldRefusals refusals;
  Flood(&refusals);
  std::vector<Counted> held(kRefusalsHeldMax);
  for (Counted& each : held) ASSERT_TRUE(refusals.Hold(&each, kFlow, kForever));
  Counted over;
  EXPECT_FALSE(refusals.Hold(&over, kFlow, kForever));
  EXPECT_TRUE(refusals.TakeBack(&held[7]));
  EXPECT_TRUE(refusals.Hold(&over, kFlow, kForever));
  for (Counted& each : held) refusals.TakeBack(&each);
  refusals.TakeBack(&over);
}

}  // namespace
}  // namespace kernelserve::server
