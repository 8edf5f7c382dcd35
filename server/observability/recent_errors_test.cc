#include "server/observability/recent_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

void Add(const absl::Status& status, const std::string& request_id, RecentErrors* errors) {
  errors->Add({.method = Method::kRun,
               .status = status,
               .request_id = request_id,
               .peer = "",
               .kernel = "",
               .seconds = 0,
               .received_bytes = 0,
               .sent_bytes = 0,
               .rows = 0,
               .timing = {}});
}

TEST(RecentErrorsTest, KeepsTheLastTheLatestFirst) {
  RecentErrors errors;
  EXPECT_TRUE(errors.Latest().empty());
  for (size_t i = 0; i < RecentErrors::kErrors + 5; ++i) {
    Add(absl::NotFoundError("gone"), absl::StrCat("call ", i), &errors);
  }
  const auto latest = errors.Latest();
  ASSERT_EQ(latest.size(), RecentErrors::kErrors);
  EXPECT_EQ(latest.front().request_id, absl::StrCat("call ", RecentErrors::kErrors + 4));
  EXPECT_EQ(latest.back().request_id, "call 5");
  EXPECT_EQ(latest.front().reason, "INVALID_ARGUMENT");
}

TEST(RecentErrorsTest, CutsWhatAClientMadeLong) {
  RecentErrors errors;
  Add(absl::NotFoundError(std::string(100'000, 'x')), "", &errors);
  EXPECT_EQ(errors.Latest().front().message, std::string(RecentErrors::kMessageBytes, 'x'));
}

}  // namespace
}  // namespace kernelserve::server
