#include "server/observability/call_metrics.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kernels/error.h"
#include "prometheus/text_serializer.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CallMetricsTest : public ::testing::Test {
 protected:
  CallReport Report(const absl::Status& status, double seconds, const v1::CallTiming& timing = {}) {
    return {.method = Method::kPairwise,
            .status = status,
            .request_id = "",
            .peer = peer_,
            .kernel = "osa.distance",
            .seconds = seconds,
            .received_bytes = 100,
            .sent_bytes = 10,
            .rows = 3,
            .timing = timing};
  }
  void Call(const absl::Status& status, double seconds, const v1::CallTiming& timing = {}) {
    metrics_.Started(Method::kPairwise);
    metrics_.Ended(Report(status, seconds, timing));
  }
  std::string Text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

  const std::string peer_;
  prometheus::Registry registry_;
  CallMetrics metrics_{&registry_};
};

constexpr char kPairwise[] = "grpc_method=\"kernelserve.v1.StringDistanceService/Pairwise\"";

TEST_F(CallMetricsTest, CountsCallsBytesRowsAndCells) {
  v1::CallTiming timing;
  timing.set_cells(6);
  Call(absl::OkStatus(), 0.01, timing);
  Call(absl::OkStatus(), 0.01, timing);
  metrics_.Started(Method::kPairwise);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr(absl::StrCat("grpc_server_call_started_total{", kPairwise, "} 3\n")));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("kernelserve_calls_in_flight{", kPairwise, "} 1\n")));
  EXPECT_THAT(text,
              HasSubstr(absl::StrCat("kernelserve_received_bytes_total{", kPairwise, "} 200\n")));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("kernelserve_sent_bytes_total{", kPairwise, "} 20\n")));
  EXPECT_THAT(text, HasSubstr("kernelserve_rows_total{kernel=\"osa.distance\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("kernelserve_cells_total{kernel=\"osa.distance\"} 12\n"));
}

TEST_F(CallMetricsTest, TellsLatencyByCodeAndStage) {
  v1::CallTiming timing;
  timing.set_queue_ns(3'000'000);
  Call(absl::OkStatus(), 0.04, timing);
  Call(absl::NotFoundError("gone"), 0.3);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr(absl::StrCat("grpc_server_call_duration_seconds_bucket{", kPairwise,
                                           ",grpc_status=\"OK\",le=\"0.05\"} 1\n")));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("grpc_server_call_duration_seconds_bucket{", kPairwise,
                                           ",grpc_status=\"OK\",le=\"0.02\"} 0\n")));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("grpc_server_call_duration_seconds_count{", kPairwise,
                                           ",grpc_status=\"NOT_FOUND\"} 1\n")));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("kernelserve_call_stage_seconds_bucket{", kPairwise,
                                           ",stage=\"queue\",le=\"0.005\"} 1\n")));
  EXPECT_THAT(text, Not(HasSubstr("stage=\"encode\"")));
}

TEST_F(CallMetricsTest, CountsErrorsByTheReasonThatClientsAreGiven) {
  const absl::Status refused = MakeError(absl::StatusCode::kResourceExhausted,
                                         {.reason = "OVERLOADED"}, "too many calls wait");
  Call(refused, 0.001);
  Call(refused, 0.001);
  Call(absl::NotFoundError("no reason given"), 0.001);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("kernelserve_errors_total{reason=\"OVERLOADED\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("kernelserve_errors_total{reason=\"INVALID_ARGUMENT\"} 1\n"));
}

// By the same definition as histogram_quantile of Prometheus: linear within the bucket.
TEST_F(CallMetricsTest, InterpolatesQuantilesOfCallsThatSucceeded) {
  EXPECT_EQ(metrics_.TotalsOf(Method::kPairwise).p50_seconds, 0);
  for (int i = 0; i < 50; ++i) Call(absl::OkStatus(), 0.0015);
  for (int i = 0; i < 50; ++i) Call(absl::OkStatus(), 0.15);
  Call(absl::NotFoundError("gone"), 100);
  const CallMetrics::Totals totals = metrics_.TotalsOf(Method::kPairwise);
  EXPECT_EQ(totals.started, 101u);
  EXPECT_EQ(totals.in_flight, 0u);
  EXPECT_EQ(totals.failed, 1u);
  EXPECT_DOUBLE_EQ(totals.p50_seconds, 0.002);                    // the end of (0.001, 0.002]
  EXPECT_DOUBLE_EQ(totals.p99_seconds, 0.1 + 0.1 * 49.0 / 50.0);  // rank 99 in (0.1, 0.2]
}

}  // namespace
}  // namespace kernelserve::server
