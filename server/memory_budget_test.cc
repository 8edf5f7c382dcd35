#include "server/memory_budget.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/error_details_matchers.h"
#include "server/status.h"

namespace kernelserve::server {
namespace {

bool HasRetry(const absl::Status& status) {
  return FindDetail<google::rpc::RetryInfo>(ToGrpcStatus(status, "")).has_value();
}

TEST(MemoryBudgetTest, GivesBackWhatAReservationHolds) {
  MemoryBudget budget(100);
  {
    MemoryBudget::Reservation reservation(&budget);
    EXPECT_TRUE(reservation.Grow(60).ok());
    EXPECT_TRUE(reservation.Grow(40).ok());
    EXPECT_EQ(budget.reserved(), 100u);
    reservation.Shrink(30);
    EXPECT_EQ(budget.reserved(), 70u);
  }
  EXPECT_EQ(budget.reserved(), 0u);
}

TEST(MemoryBudgetTest, AsksToComeBackWhereOthersHoldIt) {
  MemoryBudget budget(100);
  MemoryBudget::Reservation other(&budget), mine(&budget);
  ASSERT_TRUE(other.Grow(50).ok());
  const absl::Status status = mine.Grow(51);
  EXPECT_THAT(ToGrpcStatus(status, ""),
              IsError(grpc::StatusCode::RESOURCE_EXHAUSTED, "MEMORY_CEILING"));
  EXPECT_TRUE(HasRetry(status));
  EXPECT_EQ(InfoOf(ToGrpcStatus(status, ""), "bound"), "at most 50 bytes");
  EXPECT_EQ(InfoOf(ToGrpcStatus(status, ""), "value"), "51");
  EXPECT_EQ(budget.reserved(), 50u);
  EXPECT_TRUE(mine.Grow(50).ok());
}

TEST(MemoryBudgetTest, DoesNotAskToComeBackWithWhatNeverFits) {
  MemoryBudget budget(100);
  MemoryBudget::Reservation reservation(&budget);
  ASSERT_TRUE(reservation.Grow(60).ok());
  EXPECT_FALSE(HasRetry(reservation.Grow(41)));
  EXPECT_FALSE(HasRetry(reservation.Grow(101)));
  EXPECT_FALSE(HasRetry(reservation.Grow(UINT64_MAX)));
  EXPECT_EQ(budget.reserved(), 60u);
}

TEST(MemoryBudgetTest, HasWhatIsKeptGivenBackBeforeItRefuses) {
  MemoryBudget budget(100);
  MemoryBudget::Reservation kept(&budget), mine(&budget);
  uint64_t asked = 0;
  uint64_t given = 20;
  budget.set_reclaim([&](uint64_t bytes) {
    asked = bytes;
    kept.Shrink(given);
  });
  ASSERT_TRUE(kept.Grow(80).ok());
  EXPECT_EQ(asked, 0u);
  EXPECT_TRUE(mine.Grow(40).ok());
  EXPECT_EQ(asked, 20u);
  given = 10;
  EXPECT_TRUE(HasRetry(mine.Grow(30)));
  EXPECT_EQ(asked, 30u);
  EXPECT_EQ(budget.reserved(), 90u);
}

}  // namespace
}  // namespace kernelserve::server
