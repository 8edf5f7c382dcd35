#include "server/batch_handler.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/error.h"
#include "kernels/kernel.h"

namespace kernelserve::server {
namespace {

google::protobuf::RepeatedPtrField<v1::Parameter> Named(const std::vector<std::string>& names) {
  google::protobuf::RepeatedPtrField<v1::Parameter> parameters;
  for (const std::string& name : names) parameters.Add()->set_name(name);
  return parameters;
}

const Kernel kOfTwoParameters = {.parameters = {{.name = "a"}, {.name = "b"}}};

TEST(DecodeParametersTest, RefusesAParameterThatIsGivenTwice) {
  const auto twice = Named({"a", "b", "a"});
  const auto decoded = DecodeParameters(twice, kOfTwoParameters);
  EXPECT_EQ(ErrorField(decoded.status()), "parameters.a");
}

TEST(DecodeParametersTest, ComparesNoMoreNamesThanTellThatOneIsUnknown) {
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back(std::to_string(i));
  const auto many = Named(names);
  const auto decoded = DecodeParameters(many, kOfTwoParameters);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->size(), 3u);
}

}  // namespace
}  // namespace kernelserve::server
