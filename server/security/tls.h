#ifndef KERNELSERVE_SERVER_SECURITY_TLS_H_
#define KERNELSERVE_SERVER_SECURITY_TLS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"

namespace kernelserve::server {

// What a server encrypts with, as paths of PEM files. Empty: it does not.
struct TlsFiles {
  std::string certificate;  // the server's, with those that lead to the root
  std::string key;          // of that certificate
  std::string client_ca;    // whom to trust to sign clients' certificates; empty: clients need none

  bool empty() const { return certificate.empty(); }
};

// Whether the files hold what they should, the key being that of the certificate. An error names
// the file.
absl::Status CheckTlsFiles(const TlsFiles& files);

// TLS 1.2 and 1.3. Files that change are read again within kTlsCheckSeconds, for connections that
// are made from then on; a broken file leaves things as they were.
std::shared_ptr<grpc::ServerCredentials> TlsServerCredentials(const TlsFiles& files);

// For a probe of this very server, from the same machine: it takes whatever certificate the server
// has, and shows the same one.
std::shared_ptr<grpc::ChannelCredentials> TlsProbeCredentials(const TlsFiles& files);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_SECURITY_TLS_H_
