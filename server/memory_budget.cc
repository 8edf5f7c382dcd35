#include "server/memory_budget.h"

#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/error.h"
#include "server/limits.h"
#include "server/status.h"

namespace kernelserve::server {
namespace {

absl::Status TooMuch(uint64_t bytes, uint64_t bound, absl::string_view message) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   {.reason = "MEMORY_CEILING",
                    .field = "",
                    .bound = absl::StrCat("at most ", bound, " bytes"),
                    .value = absl::StrCat(bytes)},
                   std::string(message));
}

}  // namespace

absl::Status MemoryBudget::Reservation::Grow(uint64_t bytes) {
  const uint64_t budget = budget_->bytes_;
  if (bytes > budget || bytes_ > budget - bytes) {
    return TooMuch(bytes, budget - bytes_,
                   absl::StrCat("the call needs ", bytes, " bytes beside the ", bytes_,
                                " that it holds, and the server's memory budget is ", budget,
                                ": send it in parts"));
  }
  uint64_t reserved = budget_->reserved_.load(std::memory_order_relaxed);
  bool reclaimed = budget_->reclaim_ == nullptr;
  do {
    if (reserved > budget - bytes && !std::exchange(reclaimed, true)) {
      budget_->reclaim_(reserved - (budget - bytes));
      reserved = budget_->reserved_.load(std::memory_order_relaxed);
    }
    if (reserved > budget - bytes) {
      return RetryLater(
          TooMuch(bytes, budget - reserved,
                  absl::StrCat("the call needs ", bytes, " bytes and ", budget - reserved,
                               " of the server's budget of ", budget, " are free now: try again")),
          kRetryDelayMs);
    }
  } while (!budget_->reserved_.compare_exchange_weak(reserved, reserved + bytes,
                                                     std::memory_order_relaxed));
  bytes_ += bytes;
  return absl::OkStatus();
}

absl::Status OutOfMemoryError() {
  return MakeError(absl::StatusCode::kResourceExhausted, {.reason = "MEMORY_CEILING"},
                   "the server has run out of memory for this call: send it in parts");
}

void MemoryBudget::Reservation::Shrink(uint64_t bytes) {
  assert(bytes <= bytes_);
  if (bytes == 0) return;
  bytes_ -= bytes;
  budget_->reserved_.fetch_sub(bytes, std::memory_order_relaxed);
}

}  // namespace kernelserve::server
