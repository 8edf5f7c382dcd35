#include "kernels/phonetics/metaphone.h"

#include <string_view>
#include <utility>

#include "kernels/phonetics/decomposition.h"
#include "kernels/phonetics/upper_case.h"
#include "kernels/string_distance/step_poll.h"

namespace kernelserve {
namespace {

bool IsIn(char32_t letter, std::u32string_view letters) {
  return letters.find(letter) != letters.npos;
}
bool IsVowel(char32_t letter) { return IsIn(letter, U"AEIOU"); }
bool IsFront(char32_t letter) { return IsIn(letter, U"EIY"); }  // before which C and G are soft

constexpr char32_t kNone = U'*';  // before the first letter and after the last one

// Turns letters into sounds, from left to right.
class Sounds {
 public:
  explicit Sounds(std::u32string letters) : letters_(std::move(letters)) {}

  std::string Code(StopToken stop) {
    StepPoll poll(stop);
    while (at_ < letters_.size() && !poll.Stopped(1)) {
      // Of a double letter the second sounds, but for CC.
      if (Letter() != Next() || Letter() == 'C') Take();
      ++at_;
    }
    return std::move(code_);
  }

 private:
  char32_t Letter() const { return letters_[at_]; }
  char32_t Next(size_t places = 1) const {
    return at_ + places < letters_.size() ? letters_[at_ + places] : kNone;
  }
  char32_t Before() const { return at_ > 0 ? letters_[at_ - 1] : kNone; }
  bool IsFirst() const { return at_ == 0; }
  // IO and IA, before which S and T are hushed.
  bool IsHushed() const { return Next() == 'I' && (Next(2) == 'O' || Next(2) == 'A'); }

  void Add(char sound) { code_.push_back(sound); }
  // A sound of the letter and of `more` after it.
  void Add(char sound, size_t more) {
    Add(sound);
    at_ += more;
  }

  void Take() {
    switch (Letter()) {
      case 'A':
      case 'E':
      case 'I':
      case 'O':
      case 'U':
        if (IsFirst() || Before() == ' ') Add(static_cast<char>(Letter()));
        return;
      case 'B':  // silent in a final MB
        if (IsFirst() || Before() != 'M' || Next() != kNone) Add('B');
        return;
      case 'C':
        return TakeC();
      case 'D':
        return Next() == 'G' && IsFront(Next(2)) ? Add('J', 2) : Add('T');
      case 'F':
      case 'J':
      case 'L':
      case 'M':
      case 'N':
      case 'R':
        return Add(static_cast<char>(Letter()));
      case 'G':
        return TakeG();
      case 'H':  // silent after a vowel, unless one follows
        if (IsFirst() || IsVowel(Next()) || !IsVowel(Before())) Add('H');
        return;
      case 'K':
        if (IsFirst() || Before() != 'C') Add('K');
        return;
      case 'P':
        return Next() == 'H' ? Add('F', 1) : Add('P');
      case 'Q':
        return Add('K');
      case 'S':
        if (Next() == 'H') return Add('X', 1);
        return IsHushed() ? Add('X', 2) : Add('S');
      case 'T':
        return TakeT();
      case 'V':
        return Add('F');
      case 'W':
        if (IsFirst() && Next() == 'H') return Add('W', 1);
        if (IsVowel(Next())) Add('W');
        return;
      case 'X':
        if (IsFirst()) return Next() == 'H' || IsHushed() ? Add('X') : Add('S');
        Add('K');
        return Add('S');
      case 'Y':
        if (IsVowel(Next())) Add('Y');
        return;
      case 'Z':
        return Add('S');
      case ' ':
        if (!code_.empty() && code_.back() != ' ') Add(' ');
        return;
      default:
        return;
    }
  }

  void TakeC() {
    if (Next() == 'H' || (Next() == 'I' && Next(2) == 'A')) return Add('X', 1);
    return IsFront(Next()) ? Add('S', 1) : Add('K');
  }

  void TakeG() {
    if (IsFront(Next())) return Add('J');
    const bool in_gh = Next() == 'H' && !IsVowel(Next(2));
    const bool in_final_gn = Next() == 'N' && Next(2) == kNone;
    if (in_gh || in_final_gn) {
      ++at_;
    } else {
      Add('K');
    }
  }

  void TakeT() {
    if (IsHushed()) return Add('X');
    if (Next() == 'H') return Add('0', 1);
    if (Next() != 'C' || Next(2) != 'H') Add('T');
  }

  const std::u32string letters_;
  size_t at_ = 0;
  std::string code_;
};

}  // namespace

std::string Metaphone(Text text, StopToken stop) {
  const std::u32string upper = phonetics::UpperCase(text);
  std::u32string letters = phonetics::Decompose(upper);
  for (const std::u32string_view silent : {U"AE", U"GN", U"KN", U"PN", U"WR"}) {
    if (!upper.starts_with(silent)) continue;
    letters.erase(0, 1);
    break;
  }
  return Sounds(std::move(letters)).Code(stop);
}

}  // namespace kernelserve
