#include "kernels/phonetics/nysiis.h"

#include <string_view>
#include <vector>

#include "kernels/phonetics/clusters.h"
#include "kernels/phonetics/code_points.h"
#include "kernels/phonetics/upper_case.h"
#include "kernels/string_distance/step_poll.h"

namespace kernelserve {
namespace {

using Letter = std::u32string_view;
using Letters = std::vector<Letter>;

// Prefixes that sound like others.
void ReplacePrefix(std::u32string_view name, Letters* letters) {
  if (name.starts_with(U"MAC")) {
    (*letters)[1] = U"C";
  } else if (name.starts_with(U"KN")) {
    letters->erase(letters->begin());
  } else if (name.starts_with(U"K")) {
    (*letters)[0] = U"C";
  } else if (name.starts_with(U"PH") || name.starts_with(U"PF")) {
    (*letters)[0] = (*letters)[1] = U"F";
  } else if (name.starts_with(U"SCH")) {
    (*letters)[1] = (*letters)[2] = U"S";
  }
}

void ReplaceSuffix(std::u32string_view name, Letters* letters) {
  const auto replace = [&](std::initializer_list<std::u32string_view> suffixes, Letter by) {
    for (const std::u32string_view suffix : suffixes) {
      if (!name.ends_with(suffix)) continue;
      letters->resize(letters->size() < 2 ? 0 : letters->size() - 2);
      letters->push_back(by);
      return;
    }
  };
  replace({U"EE", U"IE"}, U"Y");
  replace({U"DT", U"RT", U"RD", U"NT", U"ND"}, U"D");
}

// What the letter at *at, and maybe some after it, are written as: a letter, or two from A to Z.
// Moves *at to the last of them.
Letter Written(const Letters& letters, size_t* at) {
  const auto next = [&, from = *at](size_t places) {
    return from + places < letters.size() ? letters[from + places] : Letter();
  };
  const Letter letter = letters[*at];
  const Letter before = letters[*at - 1];
  if (letter == U"E" && next(1) == U"V") {
    *at += 1;
    return U"AF";
  }
  if (phonetics::IsVowel(letter)) return U"A";
  if (letter == U"Q") return U"G";
  if (letter == U"Z") return U"S";
  if (letter == U"M") return U"N";
  if (letter == U"K") return next(1) == U"N" ? U"N" : U"C";
  if (letter == U"S" && next(1) == U"C" && next(2) == U"H") {
    *at += 2;
    return U"SS";
  }
  if (letter == U"P" && next(1) == U"H") {
    *at += 1;
    return U"F";
  }
  if (letter == U"H" && (!phonetics::IsVowel(before) || !phonetics::IsVowel(next(1)))) {
    return phonetics::IsVowel(before) ? Letter(U"A") : before;
  }
  if (letter == U"W" && phonetics::IsVowel(before)) return before;
  return letter;
}

}  // namespace

std::string Nysiis(Text text, StopToken stop) {
  if (text.empty()) return "";
  const std::u32string name = phonetics::UpperCase(text);
  Letters letters = phonetics::Clusters(name);
  ReplacePrefix(name, &letters);
  ReplaceSuffix(name, &letters);

  Letters key = {letters[0]};
  StepPoll poll(stop);
  for (size_t i = 1; i < letters.size() && !poll.Stopped(1); ++i) {
    const Letter written = Written(letters, &i);
    const bool are_two = written == U"AF" || written == U"SS";
    const Letter last = are_two ? written.substr(1) : written;
    if (last == key.back()) continue;
    if (are_two) key.push_back(written.substr(0, 1));
    key.push_back(last);
  }
  if (key.size() > 1 && key.back() == U"S") key.pop_back();
  if (key.size() > 1 && key.back() == U"Y" && key[key.size() - 2] == U"A") {
    key.erase(key.end() - 2);
  }
  if (key.size() > 1 && key.back() == U"A") key.pop_back();
  std::u32string joined;
  for (const Letter letter : key) joined += letter;
  return phonetics::Utf8(joined);
}

}  // namespace kernelserve
