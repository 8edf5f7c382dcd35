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
  EXPECT_EQ(pacer.Hold(kFlood, kFlow, kForever), kRefusalHoldNsMax - 1);
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
  // Alone where no batch leaves in time.
  EXPECT_EQ(pacer.Hold(kStart + 1, kFlow, 150'000'000), 50'000'000);
}

TEST(RefusalPacerTest, ACallWithoutTimeToGoElsewhereWaitsForItsTurn) {
  RefusalPacer pacer;
  AtOnceOfAll(&pacer, kStart, 3 * kRefusalsPerSecond);
  for (const int64_t left_ns : {kRetryDelayMs * 1'000'000, int64_t{50'000'000}, int64_t{-1}}) {
    EXPECT_EQ(pacer.Hold(kStart, kFlow, left_ns), kRefusalHoldNsMax - kRefusalBatchNs);
  }
}

TEST(RefusalPacerTest, CallsOfAFlowThatFloodsAreNotToldInTimeToComeBack) {
  RefusalPacer pacer;
  AtOnce(&pacer, kStart, 3 * kRefusalsPerSecond);
  EXPECT_EQ(pacer.Hold(kStart, kFlow, kSecond / 2), kRefusalHoldNsMax - kRefusalBatchNs);
  EXPECT_EQ(pacer.Hold(kStart, kOther, kSecond / 2), kSecond / 2 - kRetryDelayMs * 1'000'000);
}

TEST(RefusalPacerTest, AFlowThatFloodsIsToldNoSoonerThanOthers) {
  RefusalPacer pacer;
  AtOnceOfAll(&pacer, kStart, 3 * kRefusalsPerSecond);
  int64_t last_ns = 0;
  for (int i = 0; i < 2 * kRefusalsPerSecond; ++i) {
    const int64_t hold_ns = pacer.Hold(kStart, kFlow, kForever);
    EXPECT_GE(hold_ns, last_ns);
    last_ns = hold_ns;
  }
}

TEST(RefusalPacerTest, ManyFlowsThatFloodAreRefusedNoMoreOftenThanOne) {
  RefusalPacer pacer;
  int at_once = 0;
  for (int i = 0; i < kRefusalsPerSecond; ++i) at_once += AtOnceOfAll(&pacer, kStart, 20);
  EXPECT_EQ(at_once, kRefusalsPerSecond);
  // By now each floods by itself, and still waits for the turns of all.
  for (uint64_t flow = 0; flow < 20; ++flow) {
    EXPECT_EQ(pacer.Hold(kStart, flow, kForever), kRefusalHoldNsMax - kRefusalBatchNs);
  }
}

TEST(RefusalPacerTest, FlowsAreForgottenOnceTheyHaveStopped) {
  RefusalPacer pacer;
  AtOnceOfAll(&pacer, kStart, 10 * kRefusedFlowsMax);
  const int64_t later = kStart + 10 * kSecond;
  EXPECT_EQ(AtOnce(&pacer, later, 2 * kRefusalsPerSecond), kRefusalsPerSecond);
  // It has a bucket of its own, with which it is told to be the one that floods.
  EXPECT_GT(pacer.Hold(later, kFlow, kSecond / 2), kSecond / 2);
}

}  // namespace
}  // namespace kernelserve::server
