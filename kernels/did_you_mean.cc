#include "kernels/did_you_mean.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"

namespace kernelserve {
namespace {

// Names are short and errors rare: the two-row textbook algorithm (Wagner and Fischer 1974) does.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

// A name from the wire can be megabytes; none that long is near a known one.
constexpr size_t kNameBytesMax = 200;

}  // namespace

absl::string_view NearestName(absl::string_view name, std::span<const absl::string_view> known) {
  if (name.size() > kNameBytesMax) return {};
  absl::string_view nearest;
  size_t nearest_distance = kNameBytesMax;
  for (const absl::string_view candidate : known) {
    const size_t distance = EditDistance(name, candidate);
    if (distance * 3 <= std::max(name.size(), candidate.size()) && distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest;
}

std::string DidYouMean(absl::string_view name, std::span<const absl::string_view> known) {
  const absl::string_view nearest = NearestName(name, known);
  return nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?");
}

}  // namespace kernelserve
