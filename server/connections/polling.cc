#include "server/connections/polling.h"

#include <atomic>

namespace kernelserve::server {
namespace {

std::atomic<bool> is_paced = false;

}  // namespace

void PacePolling(bool paced) { is_paced.store(paced, std::memory_order_relaxed); }

bool IsPollingPaced() { return is_paced.load(std::memory_order_relaxed); }

}  // namespace kernelserve::server
