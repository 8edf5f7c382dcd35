#include "server/cross/cdist_block.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "kernelserve/v1/types.pb.h"
#include "server/columns/wire_format.h"

namespace kernelserve::server {
namespace {

using Fields = v1::Column;

// The bytes, for as long as somebody holds the slice.
grpc::Slice SliceOf(std::shared_ptr<const ScoreMatrix> matrix, std::span<const uint8_t> bytes) {
  using Owner = std::shared_ptr<const ScoreMatrix>;
  auto* owner = new Owner(std::move(matrix));
  return grpc::Slice(
      const_cast<uint8_t*>(bytes.data()), bytes.size(),
      [](void* held) { delete static_cast<Owner*>(held); }, owner);
}

// `count` bits from bit `begin` on, or as many ones where there are no bits, to bit `to_begin` of
// `to`, which is zero from there on.
void AppendBits(std::span<const uint8_t> bits, size_t begin, size_t count, std::string* to,
                size_t to_begin) {
  for (size_t i = 0; i < count;) {
    const size_t bit = to_begin + i;
    const size_t from = begin + i;
    // Up to the end of a byte, here and there.
    const size_t some = std::min({count - i, 8 - bit % 8, 8 - from % 8});
    const unsigned byte = bits.empty() ? 0xff : bits[from / 8];
    const unsigned value = (byte >> from % 8) & ((1u << some) - 1);
    (*to)[bit / 8] = static_cast<char>(static_cast<uint8_t>((*to)[bit / 8]) | value << bit % 8);
    i += some;
  }
}

}  // namespace

absl::StatusOr<CdistBlock::Part> CdistBlock::Compute(size_t begin, size_t end, DataType type,
                                                     const StopToken& stop) {
  auto matrix = std::make_shared<ScoreMatrix>(type, end - begin, work().choices);
  absl::Status status = work().cross->Scores(begin, end, stop, matrix.get());
  if (!status.ok()) return status;
  return Part(std::move(matrix));
}

absl::Status CdistBlock::Run(uint64_t begin, uint64_t end, StopToken stop) {
  const size_t first = this->begin() + begin;
  const size_t last = this->begin() + end;
  Part part;
  if (work().tries_bytes()) {
    absl::StatusOr<Part> bytes = Compute(first, last, DataType::kUint8, stop);
    if (!bytes.ok()) return bytes.status();
    const std::span<const uint8_t> values = (*bytes)->values();
    if (values.empty() || std::memchr(values.data(), UINT8_MAX, values.size()) == nullptr) {
      part = *std::move(bytes);
    } else {
      work().is_wide.store(true, std::memory_order_relaxed);
    }
  }
  if (part == nullptr) {
    absl::StatusOr<Part> whole = Compute(first, last, work().type, stop);
    if (!whole.ok()) return whole.status();
    part = *std::move(whole);
  }
  const std::lock_guard lock(mutex_);
  parts_.emplace(first, std::move(part));
  return absl::OkStatus();
}

std::vector<CdistBlock::Rows> CdistBlock::Take(size_t begin) const {
  std::vector<Rows> taken;
  if (parts_.empty()) return taken;
  auto it = std::prev(parts_.upper_bound(begin));
  const DataType type = it->second->type();
  const size_t row_bytes = FixedWidth(type) * work().choices;
  size_t room = row_bytes == 0 ? end() : std::max<size_t>(1, work().block_bytes / row_bytes);
  for (; it != parts_.end() && it->second->type() == type && room > 0; ++it) {
    const size_t skipped = begin - it->first;
    const size_t count = std::min(room, it->second->queries() - skipped);
    taken.push_back({it->second, skipped, skipped + count});
    begin += count;
    room -= count;
  }
  return taken;
}

absl::StatusOr<size_t> CdistBlock::EncodeFrom(size_t begin, grpc::ByteBuffer* message) {
  const std::vector<Rows> taken = Take(begin);
  const size_t choices = work().choices;
  size_t queries = 0;
  uint64_t bytes = 0;
  bool nulls = false;
  for (const Rows& rows : taken) {
    queries += rows.end - rows.begin;
    nulls |= rows.part->null_count() > 0;
  }
  const DataType type = taken.empty() ? work().type : taken[0].part->type();
  const size_t row_bytes = FixedWidth(type) * choices;
  bytes = queries * row_bytes;

  std::string column;
  AppendVarintField(Fields::kTypeFieldNumber, static_cast<uint64_t>(type), &column);
  AppendVarintField(Fields::kLengthFieldNumber, queries * choices, &column);
  if (nulls) {
    std::string validity((queries * choices + 7) / 8, '\0');
    size_t bit = 0;
    for (const Rows& rows : taken) {
      const size_t count = (rows.end - rows.begin) * choices;
      AppendBits(rows.part->validity(), rows.begin * choices, count, &validity, bit);
      bit += count;
    }
    AppendBytesField(Fields::kValidityFieldNumber,
                     {reinterpret_cast<const uint8_t*>(validity.data()), validity.size()}, &column);
  }
  AppendLengthPrefix(Fields::kValuesFieldNumber, bytes, &column);

  std::string head = Head(begin, begin + queries);
  AppendLengthPrefix(v1::CdistResponse::kScoresFieldNumber, column.size() + bytes, &head);
  head += column;
  std::vector<grpc::Slice> slices;
  slices.emplace_back(head);
  for (const Rows& rows : taken) {
    const auto values =
        rows.part->values().subspan(rows.begin * row_bytes, (rows.end - rows.begin) * row_bytes);
    if (!values.empty()) slices.push_back(SliceOf(rows.part, values));
  }
  grpc::ByteBuffer(slices.data(), slices.size()).Swap(message);
  return begin + queries;
}

}  // namespace kernelserve::server
