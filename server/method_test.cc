#include "server/method.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "kernelserve/v1/fibonacci.pb.h"
#include "kernelserve/v1/kernel.pb.h"
#include "kernelserve/v1/server_info.pb.h"
#include "kernelserve/v1/string_distance.pb.h"

namespace kernelserve::server {
namespace {

TEST(MethodNameTest, IsThatOfTheProtos) {
  std::vector<std::string> expected;
  for (const google::protobuf::FileDescriptor* file :
       {v1::PairwiseRequest::descriptor()->file(), v1::RunRequest::descriptor()->file(),
        v1::ComputeRequest::descriptor()->file(), v1::GetServerInfoRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      const auto* service = file->service(i);
      for (int j = 0; j < service->method_count(); ++j) {
        expected.push_back(absl::StrCat(service->full_name(), "/", service->method(j)->name()));
      }
    }
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < kMethods; ++i) {
    names.emplace_back(MethodName(static_cast<Method>(i)));
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAreArray(expected));
}

}  // namespace
}  // namespace kernelserve::server
