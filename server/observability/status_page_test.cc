#include "server/observability/status_page.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StatusPageTest : public ::testing::Test {
 protected:
  std::string Page() const { return StatusPage(info_, figures_, observer_); }

  v1::GetServerInfoResponse info_;
  ServerFigures figures_{.serving = true, .workers = 2, .workers_busy = 1};
  prometheus::Registry registry_;
  CallObserver observer_{LogRequests::kNone, &registry_};
};

TEST_F(StatusPageTest, TellsStateLoadLimitsAndKernels) {
  info_.mutable_limits()->set_rows_max(16'777'216);
  EXPECT_THAT(Page(), HasSubstr("class=\"state serving\""));
  EXPECT_THAT(Page(), HasSubstr("<dd>1 of 2</dd>"));
  EXPECT_THAT(Page(), HasSubstr("<dd>16,777,216</dd>"));
  EXPECT_THAT(Page(), HasSubstr("<b>levenshtein</b>: distance, similarity"));
  EXPECT_THAT(Page(), HasSubstr("None since the start."));
  figures_.serving = false;
  EXPECT_THAT(Page(), HasSubstr("class=\"state draining\""));
}

TEST_F(StatusPageTest, EscapesWhatClientsSent) {
  observer_.Started(Method::kRun);
  const absl::Status status = absl::NotFoundError("no kernel '<script>alert(\"1\")</script>'");
  observer_.Ended({.method = Method::kRun,
                   .status = status,
                   .request_id = "<b>&",
                   .peer = "",
                   .kernel = "",
                   .seconds = 1,
                   .received_bytes = 1,
                   .sent_bytes = 0,
                   .rows = 0,
                   .timing = {}});
  EXPECT_THAT(Page(), Not(HasSubstr("<script")));
  EXPECT_THAT(Page(), HasSubstr("&#39;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;"));
  EXPECT_THAT(Page(), HasSubstr("<code>&lt;b&gt;&amp;</code>"));
  EXPECT_THAT(Page(), HasSubstr("<td>Run</td><td>1</td><td>0</td><td class=\"bad\">1</td>"));
}

}  // namespace
}  // namespace kernelserve::server
