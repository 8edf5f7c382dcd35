#include "kernels/phonetics/match_rating_codex.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kernels/error.h"
#include "kernels/phonetics/alphabetic.h"
#include "kernels/phonetics/clusters.h"
#include "kernels/phonetics/code_points.h"
#include "kernels/phonetics/upper_case.h"
#include "kernels/string_distance/step_poll.h"

namespace kernelserve {
namespace {

constexpr size_t kBytesMax = 6;
constexpr size_t kPartSize = 3;

absl::Status NotAlphabetic(char32_t character) {
  const std::string value = absl::StrFormat("U+%04X", static_cast<uint32_t>(character));
  return MakeError(absl::StatusCode::kInvalidArgument,
                   {.reason = "ROW_FAILED",
                    .field = "text",
                    .bound = "alphabetic characters and blanks",
                    .value = value},
                   absl::StrCat("text has ", value, ", expected alphabetic characters and blanks"));
}

}  // namespace

absl::StatusOr<std::string> MatchRatingCodex(Text text, StopToken stop) {
  const std::u32string name = phonetics::UpperCase(text);
  for (const char32_t character : name) {
    if (character != ' ' && !phonetics::IsAlphabetic(character)) return NotAlphabetic(character);
  }
  std::u32string codex;
  std::u32string_view before;
  StepPoll poll(stop);
  for (const std::u32string_view letter : phonetics::Clusters(name)) {
    if (poll.Stopped(1)) break;
    if (before.empty() || (!phonetics::IsVowel(letter) && letter != before)) codex += letter;
    before = letter;
  }
  std::string utf8 = phonetics::Utf8(codex);
  if (utf8.size() <= kBytesMax) return utf8;
  const size_t part = std::min(kPartSize, codex.size());
  return phonetics::Utf8(codex.substr(0, part) + codex.substr(codex.size() - part));
}

}  // namespace kernelserve
