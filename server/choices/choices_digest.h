#ifndef KERNELSERVE_SERVER_CHOICES_CHOICES_DIGEST_H_
#define KERNELSERVE_SERVER_CHOICES_CHOICES_DIGEST_H_

#include <string>

#include "kernels/default_process.h"
#include "kernels/stop_token.h"
#include "kernels/texts.h"

namespace kernelserve::server {

// What names a column of choices: SHA-256, 32 bytes, over its texts as they are compared, and what
// was done to them before. Equal for a column in any encoding that gives texts of the same widths,
// and for no two different ones: whoever knows a digest knows the texts, so that nobody comes by
// another client's, and nobody can make choices that pass for others.
//
// About 10 ns a text. Anything once `stop` is set.
std::string DigestOf(const Texts& texts, Preprocessing preprocessing, const StopToken& stop);

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CHOICES_CHOICES_DIGEST_H_
