#include "server/scheduler/refusal_pacer.h"

#include "gtest/gtest.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStart = 1'000 * kSecond;
constexpr int64_t kForever = INT64_MAX;
constexpr uint64_t kFlow = UINT64_MAX;
constexpr uint64_t kOther = UINT64_MAX - 1;

// How many of `count` refusals of one flow at that time leave at once.
int AtOnce(RefusalPacer* pacer, int64_t now_ns, int count) {
  int at_once = 0;
  for (int i = 0; i < count; ++i) at_once += pacer->Hold(now_ns, kFlow, kForever) == 0 ? 1 : 0;
  return at_once;
}

// The same of as many flows.
int AtOnceOfAll(RefusalPacer* pacer, int64_t now_ns, uint64_t count) {
  int at_once = 0;
  for (uint64_t i = 0; i < count; ++i) at_once += pacer->Hold(now_ns, i, kForever) == 0 ? 1 : 0;
  return at_once;
}

TEST(RefusalPacerTest, ASecondsWorthLeavesAtOnce) {
  RefusalPacer pacer;
  EXPECT_EQ(AtOnce(&pacer, kStart, 2 * kRefusalsPerSecond), kRefusalsPerSecond);
}

TEST(RefusalPacerTest, OthersWaitTheirTurnInBatches) {
  RefusalPacer pacer;
  AtOnce(&pacer, kStart, kRefusalsPerSecond);
  constexpr int64_t kBatch = kRefusalsPerSecond * kRefusalBatchNs / kSecond;
  for (int64_t batch = 1; batch <= 3; ++batch) {
    for (int64_t i = 0; i < kBatch; ++i) {
      EXPECT_EQ(pacer.Hold(kStart, kFlow, kForever), batch * kRefusalBatchNs);
    }
  }
}

TEST(RefusalPacerTest, ABatchLeavesAtTheSameTimeWhenever) {
  RefusalPacer pacer;
  AtOnce(&pacer, kStart, kRefusalsPerSecond);
  const int64_t later = kStart + kRefusalBatchNs / 3;
  AtOnce(&pacer, later, static_cast<int>(kRefusalsPerSecond * (later - kStart) / kSecond));
  EXPECT_EQ(later + pacer.Hold(later, kFlow, kForever), kStart + kRefusalBatchNs);
}

TEST(RefusalPacerTest, NoneWaitsForLongerThanTheMost) {
  RefusalPacer pacer;
  constexpr int64_t kFlood = kStart + 1;  // no batch leaves just then
  AtOnce(&pacer, kFlood, 4 * kRefusalsPerSecond);
  EXPECT_EQ(pacer.Hold(kFlood, kFlow, kForever), kRefusalHoldNsMax + kRefusalBatchNs - 1);
  // And when they have stopped coming, all is as before.
  const int64_t later = kFlood + kSecond + kRefusalHoldNsMax;
  EXPECT_EQ(AtOnce(&pacer, later, 2 * kRefusalsPerSecond), kRefusalsPerSecond);
}

TEST(RefusalPacerTest, ThatManyASecondAreNotHeldUp) {
  RefusalPacer pacer;
  for (int i = 0; i < 10 * kRefusalsPerSecond; ++i) {
    EXPECT_EQ(pacer.Hold(kStart + i * kSecond / kRefusalsPerSecond, kFlow, kForever), 0);
  }
}

TEST(RefusalPacerTest, ACallIsToldWhileThereIsTimeToGoElsewhere) {
  RefusalPacer pacer;
  EXPECT_EQ(AtOnceOfAll(&pacer, kStart, 3 * kRefusalsPerSecond), kRefusalsPerSecond);
  EXPECT_EQ(pacer.Hold(kStart, kFlow, kSecond / 2), kSecond / 2 - kRetryDelayMs * 1'000'000);
  // With others, and before that rather than after.
  EXPECT_EQ(pacer.Hold(kStart, kFlow, kSecond / 2 - 1),
            kSecond / 2 - kRetryDelayMs * 1'000'000 - kRefusalBatchNs);
  // Where there is none, it ends after its time.
  EXPECT_EQ(pacer.Hold(kStart, kFlow, kRetryDelayMs * 1'000'000), 2 * kRefusalBatchNs);
  EXPECT_EQ(pacer.Hold(kStart, kFlow, 50'000'000), kRefusalBatchNs);
  EXPECT_EQ(pacer.Hold(kStart, kFlow, -1), kRefusalBatchNs);
}

TEST(RefusalPacerTest, CallsOfAFlowThatFloodsAreNotToldInTimeToComeBack) {
  RefusalPacer pacer;
  AtOnce(&pacer, kStart, 3 * kRefusalsPerSecond);
  EXPECT_EQ(pacer.Hold(kStart, kFlow, kSecond / 2), kSecond / 2 + kRefusalBatchNs);
}

TEST(RefusalPacerTest, AFlowThatFloodsTakesNoTurnsOfOthersButItsHundred) {
  RefusalPacer pacer;
  AtOnce(&pacer, kStart, 50 * kRefusalsPerSecond);
  EXPECT_EQ(pacer.Hold(kStart, kOther, kForever), kRefusalBatchNs);
  const int64_t later = kStart + 2 * kSecond;
  AtOnce(&pacer, later, 50 * kRefusalsPerSecond);
  EXPECT_EQ(pacer.Hold(later + 1, kOther, kForever), 0);
}

TEST(RefusalPacerTest, FlowsAreForgottenOnceTheyHaveStopped) {
  RefusalPacer pacer;
  AtOnceOfAll(&pacer, kStart, 10 * kRefusedFlowsMax);
  const int64_t later = kStart + 10 * kSecond;
  EXPECT_EQ(AtOnce(&pacer, later, 2 * kRefusalsPerSecond), kRefusalsPerSecond);
  // It has a bucket of its own, with which it is told to be the one that floods.
  EXPECT_EQ(pacer.Hold(later, kFlow, kSecond / 2), kSecond / 2 + kRefusalBatchNs);
}

}  // namespace
}  // namespace kernelserve::server
