#include "server/columns/separated_texts.h"

#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace kernelserve::server {
namespace {

// Bytes that are looked at at a time, and copied: most texts are shorter.
constexpr size_t kBlock = 64;
constexpr size_t kCopied = 16;

// Which of the first `size` bytes are zero, 64 at most, lowest bit first.
uint64_t ZerosOf(const uint8_t* bytes, size_t size) {
  uint64_t zeros = 0;
#ifdef __SSE2__
  if (size >= kBlock) {
    for (size_t i = 0; i < kBlock; i += 16) {
      const __m128i some = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
      const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(some, _mm_setzero_si128()));
      zeros |= static_cast<uint64_t>(static_cast<uint32_t>(found)) << i;
    }
    return zeros;
  }
#endif
  for (size_t i = 0; i < size && i < kBlock; ++i) zeros |= uint64_t{bytes[i] == 0} << i;
  return zeros;
}

// Copies texts one behind the other, and counts them.
class Writer {
 public:
  Writer(Bytes from, uint64_t texts, uint8_t* to)
      : from_(from),
        texts_(texts),
        offsets_(reinterpret_cast<int32_t*>(to)),
        out_(to + (texts + 1) * sizeof(int32_t)) {
    offsets_[0] = 0;
  }

  // Copies the text that begins at `begin` and ends at `end`. False where it is one too many.
  bool Add(size_t begin, size_t end) {
    if (count_ == texts_) return false;
    const size_t size = end - begin;
    const uint8_t* const text = from_.data() + begin;
    if (size <= kCopied && begin + kCopied <= from_.size()) {
      std::memcpy(out_ + used_, text, kCopied);  // what follows is written over, or is slack
    } else if (size > 0) {
      std::memcpy(out_ + used_, text, size);
    }
    used_ += size;
    offsets_[++count_] = static_cast<int32_t>(used_);
    return true;
  }

  bool done() const { return count_ == texts_; }
  Bytes offsets() const {
    return {reinterpret_cast<const uint8_t*>(offsets_), (texts_ + 1) * sizeof(int32_t)};
  }
  Bytes texts() const { return {out_, used_}; }

 private:
  const Bytes from_;
  const uint64_t texts_;
  int32_t* const offsets_;
  uint8_t* const out_;
  uint64_t count_ = 0;
  size_t used_ = 0;
};

}  // namespace

bool MayBeSeparated(size_t separated_bytes, uint64_t texts) {
  if (texts == 0) return separated_bytes == 0;
  return separated_bytes <= INT32_MAX && texts - 1 <= separated_bytes;
}

size_t SplitBytes(size_t separated_bytes, uint64_t texts) {
  return (texts + 1) * sizeof(int32_t) + separated_bytes + kCopied;
}

bool Split(Bytes separated, uint64_t texts, uint8_t* to, SplitTexts* split) {
  if (!MayBeSeparated(separated.size(), texts)) return false;
  Writer writer(separated, texts, to);
  if (texts > 0) {
    size_t begin = 0;
    for (size_t block = 0; block < separated.size(); block += kBlock) {
      uint64_t zeros = ZerosOf(separated.data() + block, separated.size() - block);
      for (; zeros != 0; zeros &= zeros - 1) {
        const size_t end = block + static_cast<size_t>(std::countr_zero(zeros));
        if (!writer.Add(begin, end)) return false;
        begin = end + 1;
      }
    }
    if (!writer.Add(begin, separated.size()) || !writer.done()) return false;
  }
  *split = {writer.offsets(), writer.texts()};
  return true;
}

}  // namespace kernelserve::server
