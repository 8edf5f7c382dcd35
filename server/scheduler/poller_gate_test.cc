#include "server/scheduler/poller_gate.h"

#include <cstdint>
#include <semaphore>
#include <thread>

#include "gtest/gtest.h"
#include "server/limits.h"

namespace kernelserve::server {
namespace {

constexpr double kBusy = 1;
constexpr double kHalfBusy = 0.5;
constexpr double kIdle = 0;

// A thread that enters, and leaves when it is told to.
class Other {
 public:
  explicit Other(PollerGate* gate)
      : thread_([this, gate] {
          gate->Enter();
          entered_.release();
          leave_.acquire();
          gate->Leave();
        }) {}
  ~Other() {
    Leave();
    thread_.join();
  }

  void UntilEntered() { entered_.acquire(); }
  void Leave() { leave_.release(); }

 private:
  std::binary_semaphore entered_{0};
  std::counting_semaphore<> leave_{0};
  std::thread thread_;
};

// Somebody is at the gate and does not get in.
void UntilWaits(const PollerGate& gate) {
  while (gate.waiting() == 0) std::this_thread::yield();
}

TEST(PollerGateTest, LetsTheNextInWhenTheOnlyOneLeaves) {
  PollerGate gate(2);
  gate.Enter();
  Other other(&gate);
  EXPECT_TRUE(gate.Stay(kHalfBusy));
  UntilWaits(gate);
  gate.Leave();
  other.UntilEntered();
}

TEST(PollerGateTest, LetsOneMoreInWhereThoseInsideAreBusy) {
  PollerGate gate(2);
  gate.Enter();
  EXPECT_TRUE(gate.Stay(kBusy));
  Other other(&gate);
  other.UntilEntered();
  EXPECT_TRUE(gate.Stay(kHalfBusy));
  gate.Leave();
}

TEST(PollerGateTest, LetsInNoMoreThanTheMost) {
  PollerGate gate(1);
  gate.Enter();
  EXPECT_TRUE(gate.Stay(kBusy));
  EXPECT_TRUE(gate.Stay(kBusy));
  Other other(&gate);
  UntilWaits(gate);
  gate.Leave();
  other.UntilEntered();
}

TEST(PollerGateTest, SeesWhatOneMoreDoesBeforeItLetsInAnother) {
  PollerGate gate(3);
  gate.Enter();
  EXPECT_TRUE(gate.Stay(kBusy));
  EXPECT_TRUE(gate.Stay(kBusy)) << "of a load that the next one is to share";
  Other first(&gate);
  first.UntilEntered();
  Other second(&gate);
  UntilWaits(gate);
  gate.Leave();
  second.UntilEntered();
}

TEST(PollerGateTest, SendsOneOutWhereItIsNotNeeded) {
  PollerGate gate(2);
  gate.Enter();
  EXPECT_TRUE(gate.Stay(kBusy));
  Other other(&gate);
  other.UntilEntered();
  EXPECT_FALSE(gate.Stay(kIdle));
  other.Leave();
  gate.Enter();
  EXPECT_TRUE(gate.Stay(kIdle)) << "the last one stays";
  gate.Leave();
}

TEST(PollerLoadTest, IsThePartOfAWindowThatWasWorked) {
  constexpr uint64_t kWorked = kPollerWindowNs / 4;
  PollerLoad load;
  constexpr int64_t kBegan = 1'000'000'000'000;
  load.Next(kBegan, 5'000);
  EXPECT_FALSE(load.IsOver(kBegan + kPollerWindowNs - 1));
  EXPECT_TRUE(load.IsOver(kBegan + kPollerWindowNs));
  EXPECT_EQ(load.Next(kBegan + kPollerWindowNs, 5'000 + kWorked), 0.25);
  EXPECT_FALSE(load.IsOver(kBegan + kPollerWindowNs + 1));
  EXPECT_EQ(load.Next(kBegan + 3 * kPollerWindowNs, 5'000 + 2 * kWorked), 0.125);
}

}  // namespace
}  // namespace kernelserve::server
