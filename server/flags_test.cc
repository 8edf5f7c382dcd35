#include "server/flags.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<ProcessOptions> Parse(const std::vector<const char*>& arguments) {
  return ParseFlags(arguments);
}

std::string ErrorOf(const std::vector<const char*>& arguments) {
  const auto options = Parse(arguments);
  return options.ok() ? "no error" : std::string(options.status().message());
}

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }

 private:
  const char* const name_;
};

TEST(ParseFlagsTest, HasDefaults) {
  const auto options = Parse({});
  ASSERT_TRUE(options.ok()) << options.status();
  ASSERT_EQ(options->server.listen.size(), 1u);
  EXPECT_EQ(options->server.listen[0].ToString(), "127.0.0.1:50051");
  EXPECT_EQ(options->server.request_bytes_max, kRequestBytesMax);
  EXPECT_EQ(options->log_format, LogFormat::kText);
  EXPECT_EQ(options->parent_pidfd, -1);
  EXPECT_EQ(options->healthcheck_address.ToString(), "127.0.0.1:50051");
  EXPECT_FALSE(options->healthcheck);
}

TEST(ParseFlagsTest, TakesEachWayToWriteAFlag) {
  const auto options = Parse({"--listen=unix:/a,[::1]:0", "--workers", "3", "--healthcheck",
                              "--noversion", "--log_format=json", "--log_level=error"});
  ASSERT_TRUE(options.ok()) << options.status();
  ASSERT_EQ(options->server.listen.size(), 2u);
  EXPECT_EQ(options->server.listen[1].ToString(), "[::1]:0");
  EXPECT_EQ(options->server.workers, 3u);
  EXPECT_TRUE(options->healthcheck);
  EXPECT_FALSE(options->version);
  EXPECT_EQ(options->log_format, LogFormat::kJson);
  EXPECT_EQ(options->log_level, LogLevel::kError);
  EXPECT_EQ(options->healthcheck_address.ToString(), "unix:/a");
}

TEST(ParseFlagsTest, ReadsTheEnvironmentAndLetsFlagsWin) {
  const Variable workers("KERNELSERVE_SERVER_WORKERS", "5");
  const Variable rows("KERNELSERVE_SERVER_ROWS_MAX", "100000");
  const auto options = Parse({"--workers=2"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->server.workers, 2u);
  EXPECT_EQ(options->server.rows_max, 100000u);
}

TEST(ParseFlagsTest, StartsFromTheDefaultsEachTime) {
  ASSERT_TRUE(Parse({"--workers=2"}).ok());
  EXPECT_EQ(Parse({})->server.workers, 0u);
}

TEST(ParseFlagsTest, NamesTheFlagTheValueAndTheBound) {
  EXPECT_EQ(ErrorOf({"--workers=-1"}),
            "--workers is \"-1\" and must be a whole number from 0 to 1024");
  EXPECT_EQ(ErrorOf({"--workers=many"}),
            "--workers is \"many\" and must be a whole number from 0 to 1024");
  EXPECT_EQ(ErrorOf({"--rows_max=65535"}),
            "--rows_max is \"65535\" and must be a whole number from 65536 to 2147483647");
  EXPECT_EQ(ErrorOf({"--log_format=xml"}), "--log_format is \"xml\" and must be text or json");
  EXPECT_EQ(ErrorOf({"--log_level="}),
            "--log_level is \"\" and must be debug, info, warning or error");
  EXPECT_EQ(ErrorOf({"--healthcheck=perhaps"}),
            "--healthcheck is \"perhaps\" and must be true or false");
  EXPECT_THAT(ErrorOf({"--listen=localhost"}), HasSubstr("--listen: \"localhost\" must be"));
  EXPECT_THAT(ErrorOf({"--healthcheck_address=x"}), HasSubstr("--healthcheck_address: \"x\""));
}

TEST(ParseFlagsTest, NamesTheVariableWhereThatIsAtFault) {
  const Variable workers("KERNELSERVE_SERVER_WORKERS", "many");
  EXPECT_THAT(ErrorOf({}), HasSubstr("KERNELSERVE_SERVER_WORKERS is \"many\""));
  const Variable fine("KERNELSERVE_SERVER_WORKERS", "1");
  const Variable listen("KERNELSERVE_SERVER_LISTEN", "nowhere");
  EXPECT_THAT(ErrorOf({}), HasSubstr("KERNELSERVE_SERVER_LISTEN: \"nowhere\""));
  EXPECT_EQ(ErrorOf({"--listen=localhost:0"}), "no error");
}

TEST(ParseFlagsTest, RefusesWhatIsNoFlag) {
  EXPECT_THAT(ErrorOf({"--worker=1"}), HasSubstr("--worker is not a flag"));
  EXPECT_THAT(ErrorOf({"--worker=1"}), HasSubstr("workers"));
  EXPECT_THAT(ErrorOf({"--noworkers"}), HasSubstr("--noworkers is not a flag"));
  EXPECT_THAT(ErrorOf({"serve"}), HasSubstr("\"serve\" is not a flag"));
  EXPECT_EQ(ErrorOf({"--workers"}), "--workers needs a value");
}

TEST(ParseFlagsTest, HelpsWithoutLookingAtTheRest) {
  EXPECT_TRUE(Parse({"--nonsense", "--help"})->help);
  EXPECT_THAT(FlagsHelp(), HasSubstr("--fibonacci_n_max"));
  EXPECT_THAT(FlagsHelp(), HasSubstr("(default 127.0.0.1:50051)"));
  EXPECT_THAT(FlagsHelp(), HasSubstr("KERNELSERVE_SERVER_LISTEN"));
}

}  // namespace
}  // namespace kernelserve::server
