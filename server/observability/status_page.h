#ifndef KERNELSERVE_SERVER_OBSERVABILITY_STATUS_PAGE_H_
#define KERNELSERVE_SERVER_OBSERVABILITY_STATUS_PAGE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "kernelserve/v1/server_info.pb.h"
#include "server/observability/call_observer.h"
#include "server/observability/server_figures.h"

namespace kernelserve::server {

// One page of HTML for whoever looks at a server by a browser, at a desk or on a phone: how it is,
// how calls went, the last errors, limits and kernels. It reloads itself, has no script and loads
// nothing else. What clients sent is escaped.
std::string StatusPage(const v1::GetServerInfoResponse& info, const ServerFigures& figures,
                       const CallObserver& observer);

// `text` with what HTML has a meaning for escaped, in text and in quoted attributes.
std::string HtmlText(absl::string_view text);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_OBSERVABILITY_STATUS_PAGE_H_
