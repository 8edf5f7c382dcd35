#include "server/choices/choices_digest.h"

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace kernelserve::server {
namespace {

// Texts between two looks at the stop token.
constexpr size_t kPollTexts = 4096;

// Hashes what it is given in pieces that are worth a call.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (context_ == nullptr || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
      throw std::bad_alloc();
    }
    piece_.reserve(kPieceBytes);
  }

  void Add(const void* data, size_t bytes) {
    if (piece_.size() + bytes > kPieceBytes) Flush();
    if (bytes > kPieceBytes) {
      EVP_DigestUpdate(context_.get(), data, bytes);
    } else {
      piece_.append(static_cast<const char*>(data), bytes);
    }
  }

  std::string Finish() {
    Flush();
    std::string digest(32, '\0');
    EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
    return digest;
  }

 private:
  static constexpr size_t kPieceBytes = 16 << 10;

  void Flush() {
    EVP_DigestUpdate(context_.get(), piece_.data(), piece_.size());
    piece_.clear();
  }

  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
  std::string piece_;
};

}  // namespace

std::string DigestOf(const Texts& texts, Preprocessing preprocessing, const StopToken& stop) {
  Sha256 hash;
  const uint64_t head[2] = {static_cast<uint64_t>(preprocessing), texts.size()};
  hash.Add(head, sizeof(head));
  for (size_t row = 0; row < texts.size(); ++row) {
    if (row % kPollTexts == 0 && stop.stopped()) break;
    const Text& text = texts[row];
    // Its size and width, a null having none: where one text ends is no question.
    const uint64_t width = texts.is_null(row) ? 0 : static_cast<uint64_t>(text.width());
    const uint64_t shape = uint64_t{text.size()} << 8 | width;
    hash.Add(&shape, sizeof(shape));
    hash.Add(text.data(), text.size() * static_cast<size_t>(text.width()));
  }
  return hash.Finish();
}

}  // namespace kernelserve::server
