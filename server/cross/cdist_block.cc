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

absl::StatusOr<std::optional<CdistBlock::Part>> CdistBlock::Place(size_t begin, size_t end,
                                                                  const StopToken& stop) const {
  CrossWork& work = this->work();
  const uint64_t at = (begin - work.begin) * RowBytes(work.type);
  const uint64_t bytes = (end - begin) * RowBytes(work.type);
  if (work.place == nullptr || work.place_lost.load(std::memory_order_relaxed) ||
      at + bytes > work.place->length()) {
    return std::nullopt;
  }
  Buffer memory = work.buffers->Take(bytes);
  ScoreMatrix scores(work.type, end - begin, work.choices, memory.data());
  if (absl::Status status = work.cross->Scores(begin, end, stop, &scores); !status.ok()) {
    return status;
  }
  if (!work.place->WriteAt(at, scores.values())) {
    work.place_lost.store(true, std::memory_order_relaxed);
    return std::nullopt;
  }
  return Part{.type = work.type,
              .queries = end - begin,
              .choices = work.choices,
              .is_placed = true,
              .validity = {scores.validity().begin(), scores.validity().end()},
              .scores = nullptr};
}

absl::StatusOr<CdistBlock::Part> CdistBlock::Compute(size_t begin, size_t end,
                                                     const StopToken& stop) const {
  CrossWork& work = this->work();
  const auto compute = [&](DataType type) -> absl::StatusOr<Part> {
    auto scores = std::make_shared<ScoreMatrix>(type, end - begin, work.choices);
    absl::Status status = work.cross->Scores(begin, end, stop, scores.get());
    if (!status.ok()) return status;
    return Part{.type = type,
                .queries = end - begin,
                .choices = work.choices,
                .is_placed = false,
                .validity = {scores->validity().begin(), scores->validity().end()},
                .scores = scores};
  };
  if (work.tries_bytes()) {
    absl::StatusOr<Part> bytes = compute(DataType::kUint8);
    if (!bytes.ok()) return bytes.status();
    const std::span<const uint8_t> values = bytes->scores->values();
    if (values.empty() || std::memchr(values.data(), UINT8_MAX, values.size()) == nullptr) {
      return bytes;
    }
    work.is_wide.store(true, std::memory_order_relaxed);
  }
  return compute(work.type);
}

bool CdistBlock::PlaceShard(const Cross& cross, const ScoreMatrix& scores) const {
  const CrossWork& work = this->work();
  const size_t row_bytes = RowBytes(work.type);
  const size_t part_bytes = scores.choices() * FixedWidth(work.type);
  if (work.place == nullptr) return false;
  for (size_t row = 0; row < scores.queries(); ++row) {
    const uint64_t at =
        (begin() - work.begin + row) * row_bytes + cross.first_choice() * FixedWidth(work.type);
    if (!work.place->WriteAt(at, scores.values().subspan(row * part_bytes, part_bytes))) {
      return false;
    }
  }
  return true;
}

absl::Status CdistBlock::RunShard(size_t shard, const StopToken& stop) {
  const Cross& cross = work().shards[shard];
  auto scores = std::make_shared<ScoreMatrix>(work().type, this->end() - this->begin(),
                                              cross.last_choice() - cross.first_choice());
  absl::Status status = cross.Scores(this->begin(), this->end(), stop, scores.get());
  if (!status.ok()) return status;
  // They are kept, as a row that is not all in its place is sent.
  Part part{.type = scores->type(),
            .queries = scores->queries(),
            .choices = scores->choices(),
            .is_placed = PlaceShard(cross, *scores),
            .validity = {scores->validity().begin(), scores->validity().end()},
            .scores = scores};
  const std::lock_guard lock(mutex_);
  parts_.emplace(shard, std::move(part));
  return absl::OkStatus();
}

absl::Status CdistBlock::Run(uint64_t begin, uint64_t end, StopToken stop) {
  if (!work().shards.empty()) return RunShard(begin, stop);
  const size_t first = this->begin() + begin;
  const size_t last = this->begin() + end;
  absl::StatusOr<std::optional<Part>> placed = Place(first, last, stop);
  if (!placed.ok()) return placed.status();
  if (!placed->has_value()) {
    absl::StatusOr<Part> part = Compute(first, last, stop);
    if (!part.ok()) return part.status();
    *placed = *std::move(part);
  }
  const std::lock_guard lock(mutex_);
  parts_.emplace(first, **std::move(placed));
  return absl::OkStatus();
}

size_t CdistBlock::Room(DataType type, bool is_placed) const {
  // Rows that the client has take none.
  const size_t row_bytes = is_placed ? 0 : RowBytes(type);
  return row_bytes == 0 ? end() : std::max<size_t>(1, work().block_bytes / row_bytes);
}

CdistBlock::Message CdistBlock::TakeOfShards(size_t begin) const {
  Message message{.rows = {}, .type = work().type, .is_placed = true};
  for (const auto& [shard, part] : parts_) {
    message.is_placed &= part.is_placed;
    message.nulls |= !part.validity.empty();
  }
  message.queries = std::min(Room(message.type, message.is_placed), end() - begin);
  for (size_t row = begin - this->begin(); row < begin - this->begin() + message.queries; ++row) {
    for (const auto& [shard, part] : parts_) message.rows.push_back({&part, row, row + 1});
  }
  return message;
}

CdistBlock::Message CdistBlock::Take(size_t begin) const {
  Message message{.rows = {}, .type = work().type, .is_placed = false};
  if (parts_.empty()) return message;
  if (!work().shards.empty()) return TakeOfShards(begin);
  auto it = std::prev(parts_.upper_bound(begin));
  message.type = it->second.type;
  message.is_placed = it->second.is_placed;
  size_t room = Room(message.type, message.is_placed);
  for (; it != parts_.end() && room > 0; ++it) {
    const Part& part = it->second;
    if (part.type != message.type || part.is_placed != message.is_placed) break;
    const size_t skipped = begin - it->first;
    const size_t count = std::min(room, part.queries - skipped);
    message.rows.push_back({&part, skipped, skipped + count});
    message.queries += count;
    message.nulls |= !part.validity.empty();
    begin += count;
    room -= count;
  }
  return message;
}

std::string CdistBlock::Validity(const Message& message) const {
  std::string validity((message.queries * work().choices + 7) / 8, '\0');
  size_t bit = 0;
  for (const Rows& rows : message.rows) {
    const size_t count = (rows.end - rows.begin) * rows.part->choices;
    AppendBits(rows.part->validity, rows.begin * rows.part->choices, count, &validity, bit);
    bit += count;
  }
  return validity;
}

absl::StatusOr<size_t> CdistBlock::EncodeFrom(size_t begin, grpc::ByteBuffer* encoded) {
  const Message message = Take(begin);
  const size_t row_bytes = RowBytes(message.type);
  const uint64_t bytes = message.queries * row_bytes;

  std::string column;
  AppendVarintField(Fields::kTypeFieldNumber, static_cast<uint64_t>(message.type), &column);
  AppendVarintField(Fields::kLengthFieldNumber, message.queries * work().choices, &column);
  if (message.nulls) {
    const std::string validity = Validity(message);
    AppendBytesField(Fields::kValidityFieldNumber,
                     {reinterpret_cast<const uint8_t*>(validity.data()), validity.size()}, &column);
  }
  if (message.is_placed) {
    std::string span;
    AppendVarintField(v1::RegionSpan::kOffsetFieldNumber,
                      work().place->offset() + (begin - work().begin) * row_bytes, &span);
    AppendVarintField(v1::RegionSpan::kLengthFieldNumber, bytes, &span);
    AppendBytesField(Fields::kValuesSpanFieldNumber,
                     {reinterpret_cast<const uint8_t*>(span.data()), span.size()}, &column);
  } else {
    AppendLengthPrefix(Fields::kValuesFieldNumber, bytes, &column);
  }

  std::string head = Head(begin, begin + message.queries);
  AppendLengthPrefix(v1::CdistResponse::kScoresFieldNumber,
                     column.size() + (message.is_placed ? 0 : bytes), &head);
  head += column;
  std::vector<grpc::Slice> slices;
  slices.emplace_back(head);
  for (const Rows& rows : message.rows) {
    if (message.is_placed || row_bytes == 0) continue;
    const std::shared_ptr<const ScoreMatrix>& scores = rows.part->scores;
    const size_t part_bytes = FixedWidth(message.type) * rows.part->choices;
    slices.push_back(SliceOf(
        scores,
        scores->values().subspan(rows.begin * part_bytes, (rows.end - rows.begin) * part_bytes)));
  }
  grpc::ByteBuffer(slices.data(), slices.size()).Swap(encoded);
  return begin + message.queries;
}

}  // namespace kernelserve::server
