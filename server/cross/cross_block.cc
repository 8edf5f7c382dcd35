#include "server/cross/cross_block.h"

#include <numeric>
#include <utility>

#include "server/columns/wire_format.h"
#include "server/limits.h"

namespace kernelserve::server {

CrossBlock::CrossBlock(CrossWork* work, size_t begin, size_t end, std::vector<float> costs_ns)
    : work_(*work),
      begin_(begin),
      end_(end),
      costs_ns_(std::move(costs_ns)),
      cost_ns_(std::accumulate(costs_ns_.begin(), costs_ns_.end(), 0.0)),
      next_(begin) {}

uint64_t CrossBlock::TaskEnd(uint64_t begin, double budget_ns, double* cost_ns) const {
  if (!work_.shards.empty()) {
    *cost_ns = cost_ns_ / static_cast<double>(work_.shards.size());
    return begin + 1;
  }
  *cost_ns = costs_ns_[begin];
  uint64_t end = begin + 1;
  for (; end < rows(); ++end) {
    const double more_ns = *cost_ns + costs_ns_[end];
    if (more_ns > static_cast<double>(kCrossTaskCostNsMax)) break;
    if (more_ns > budget_ns && end - begin >= work_.task_queries) break;
    *cost_ns = more_ns;
  }
  return end;
}

std::string CrossBlock::Head(size_t begin, size_t end) const {
  // Of a call's messages only the first begins where the call does.
  v1::Block block = begin == work_.begin ? work_.first : v1::Block();
  block.set_query_begin(begin);
  block.set_query_end(end);
  block.set_cells_done((end - work_.begin) * work_.choices);
  block.set_cells_total((work_.end - work_.begin) * work_.choices);
  const std::string encoded = block.SerializeAsString();
  std::string head;
  AppendBytesField(v1::CdistResponse::kBlockFieldNumber,
                   {reinterpret_cast<const uint8_t*>(encoded.data()), encoded.size()}, &head);
  return head;
}

absl::StatusOr<grpc::ByteBuffer> CrossBlock::Encode() {
  grpc::ByteBuffer message;
  absl::StatusOr<size_t> end = EncodeFrom(next_, &message);
  if (!end.ok()) return end.status();
  next_ = *end;
  return message;
}

}  // namespace kernelserve::server
