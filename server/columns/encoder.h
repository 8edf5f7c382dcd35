#ifndef KERNELSERVE_SERVER_COLUMNS_ENCODER_H_
#define KERNELSERVE_SERVER_COLUMNS_ENCODER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "kernels/result_block.h"

namespace kernelserve::server {

// What becomes of the results of consecutive tasks.
struct ResultFormat {
  DataType type = DataType::kInt32;  // of every block
  bool narrow = false;               // integers in the narrowest type that holds them all
};

// The numbers that the reply gives its two fields: these are all that differ between replies.
struct ReplyFields {
  uint32_t row_errors = 1;
  uint32_t column = 15;
};

// Takes a column's buffers, end to end, to where the client finds them without their being sent.
// Returns the offset of the first byte there; nullopt where they have to be sent after all.
using BufferSink = std::function<std::optional<uint64_t>(std::span<const Bytes> buffers)>;

// How many row errors a reply lists; it counts them all. Enough to see a pattern in, few enough to
// stay a small part of any reply.
inline constexpr size_t kRowErrorsListed = 10;

// Encodes a reply message of one column, the rows of all `blocks` in order, and its row errors.
// RESULT_TOO_LARGE where the column's text exceeds what int32 offsets reach (2 GiB). Its buffers go
// to `sink` where there is one that takes them, and their spans into the reply.
absl::StatusOr<std::string> EncodeReply(std::span<const ResultBlock> blocks,
                                        const ResultFormat& format, const ReplyFields& fields,
                                        const BufferSink& sink = nullptr);

// Appends one such column, of anything but text, to a message as field `number`.
void AppendColumn(std::span<const ResultBlock> blocks, const ResultFormat& format, uint32_t number,
                  std::string* message);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_COLUMNS_ENCODER_H_
