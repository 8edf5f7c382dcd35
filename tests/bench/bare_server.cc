// A gRPC server that does nothing but answer: what a call costs before it is any business of ours.
//
//   bare_server unix:/path
//
// It has kernelserve-server's RPC, so that the same load goes to both, in gRPC's plainest way:
// generated messages, the callback API, no options. It writes "ready" and a line end to standard
// output once it answers, and ends with the first SIGTERM.
#include <csignal>
#include <cstdio>
#include <memory>

#include "grpcpp/grpcpp.h"
#include "kernelserve/v1/fibonacci.grpc.pb.h"

namespace {

namespace v1 = kernelserve::v1;

class Hello final : public v1::FibonacciService::CallbackService {
  grpc::ServerUnaryReactor* Compute(grpc::CallbackServerContext* context,
                                    const v1::ComputeRequest* request,
                                    v1::ComputeResponse* response) override {
    response->set_small(267'914'296);  // F(42), whatever is asked
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bare_server ADDRESS\n");
    return 64;
  }
  // Before gRPC's threads are made, which inherit it: the signal is for sigwait below.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  Hello hello;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&hello);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fprintf(stderr, "bare_server: cannot listen on %s\n", argv[1]);
    return 1;
  }
  std::puts("ready");
  std::fflush(stdout);
  int signal;
  sigwait(&stop, &signal);
  server->Shutdown();
  return 0;
}
