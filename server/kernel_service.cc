#include "server/kernel_service.h"

#include <memory>
#include <string>

#include "kernels/catalog.h"
#include "server/run_handler.h"

namespace kernelserve::server {
namespace {

v1::DataType EncodeType(DataType type) { return static_cast<v1::DataType>(type); }

void EncodeField(const Field& field, v1::Field* encoded) {
  encoded->set_name(field.name);
  encoded->set_type(EncodeType(field.type));
  encoded->set_doc(field.doc);
  if (!field.default_list.empty()) {
    v1::Column* column = encoded->mutable_default_value()->mutable_column();
    column->set_type(v1::DATA_TYPE_INT64);
    column->set_length(field.default_list.size());
    column->set_values(field.default_list.data(), field.default_list.size() * sizeof(int64_t));
  } else if (const auto* integer = std::get_if<int64_t>(&field.default_value)) {
    encoded->mutable_default_value()->set_integer(*integer);
  } else if (const auto* real = std::get_if<double>(&field.default_value)) {
    encoded->mutable_default_value()->set_real(*real);
  } else if (const auto* boolean = std::get_if<bool>(&field.default_value)) {
    encoded->mutable_default_value()->set_boolean(*boolean);
  } else if (const auto* text = std::get_if<std::string>(&field.default_value)) {
    encoded->mutable_default_value()->set_text(*text);
  }
  if (encoded->has_default_value()) encoded->mutable_default_value()->set_name(field.name);
}

class ListKernelsHandler final
    : public MessageHandler<v1::ListKernelsRequest, v1::ListKernelsResponse> {
 protected:
  absl::Status Compute(const v1::ListKernelsRequest& request, StopToken stop,
                       v1::ListKernelsResponse* response) override {
    for (const Kernel& kernel : Catalog()) {
      v1::Kernel* encoded = response->add_kernels();
      encoded->set_name(kernel.name);
      encoded->set_doc(kernel.doc);
      for (const Field& field : kernel.arguments) EncodeField(field, encoded->add_arguments());
      for (const Field& field : kernel.parameters) EncodeField(field, encoded->add_parameters());
      encoded->set_result(EncodeType(kernel.results.front()));
      encoded->set_scorer(kernel.scorer);
      encoded->set_symmetric(kernel.symmetric);
      encoded->set_fallible(kernel.fallible);
    }
    response->set_catalog_digest(CatalogDigest());
    return absl::OkStatus();
  }
};

}  // namespace

grpc::ServerUnaryReactor* KernelService::ListKernels(grpc::CallbackServerContext* context,
                                                     const grpc::ByteBuffer* request,
                                                     grpc::ByteBuffer* response) {
  return ServeUnary(calls_, Method::kListKernels, context, request, response,
                    std::make_unique<ListKernelsHandler>());
}

grpc::ServerUnaryReactor* KernelService::Run(grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* response) {
  return ServeUnary(calls_, Method::kRun, context, request, response, MakeRunHandler(batches_));
}

}  // namespace kernelserve::server
