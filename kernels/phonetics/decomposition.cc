#include "kernels/phonetics/decomposition.h"

#include "absl/container/flat_hash_map.h"

namespace kernelserve::phonetics {
namespace {

struct Decomposition {
  std::u32string_view parts;
  std::u32string_view characters;  // that all have these parts
};

// UnicodeData.txt; characters that have a capital are left out.
// clang-format off
constexpr Decomposition kDecompositions[] = {
    {U" ", U"\u00A0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A"},
    {U" ", U"\u202F\u205F\u3000"},
    {U" .", U"¨¯´¸˘˙˚˛˜˝ͺ΄΅᾽᾿῀῁῍῎῏῝῞῟῭΅´῾‗‾゛゜\uFC5E\uFC5F\uFC60\uFC61\uFC62\uFC63﹉﹊﹋﹌"},
    {U" .", U"\uFE70\uFE72\uFE74\uFE76\uFE78\uFE7A\uFE7C\uFE7E￣"}, {U"a", U"ªᵃₐ"},
    {U"2", U"²₂"}, {U"3", U"³₃"}, {U"1", U"¹₁"}, {U"o", U"ºᵒₒℴ"}, {U"1.", U"¼½⅐⅑⅒⅓⅕⅙⅛⅟"},
    {U"3.", U"¾⅗⅜"}, {U"A.", U"ÀÁÂÃÄÅĀĂĄǍǞǠǺȀȂȦḀẠẢẤẦẨẪẬẮẰẲẴẶÅ㏟"}, {U"C.", U"ÇĆĈĊČḈ㏆㏇"},
    {U"E.", U"ÈÉÊËĒĔĖĘĚȄȆȨḔḖḘḚḜẸẺẼẾỀỂỄỆ"}, {U"I.", U"ÌÍÎÏĨĪĬĮİǏȈȊḬḮỈỊ"}, {U"N.", U"ÑŃŅŇǸṄṆṈṊ№"},
    {U"O.", U"ÒÓÔÕÖŌŎŐƠǑǪǬȌȎȪȬȮȰṌṎṐṒỌỎỐỒỔỖỘỚỜỞỠỢ"}, {U"U.", U"ÙÚÛÜŨŪŬŮŰŲƯǓǕǗǙǛȔȖṲṴṶṸṺỤỦỨỪỬỮỰ"},
    {U"Y.", U"ÝŶŸȲẎỲỴỶỸ"}, {U"D.", U"ĎḊḌḎḐḒ"}, {U"G.", U"ĜĞĠĢǦǴḠ㏉"}, {U"H.", U"ĤȞḢḤḦḨḪ㋌㎐"},
    {U"IJ", U"Ĳ"}, {U"J.", U"Ĵ"}, {U"K.", U"ĶǨḰḲḴ"}, {U"L.", U"ĹĻĽĿḶḸḺḼ"},
    {U"R.", U"ŔŖŘȐȒṘṚṜṞ₨"}, {U"S.", U"ŚŜŞŠȘṠṢṤṦṨ㏜"}, {U"T.", U"ŢŤȚṪṬṮṰ"}, {U"W.", U"ŴẀẂẄẆẈ㏝"},
    {U"Z.", U"ŹŻŽẐẒẔ"}, {U"DZ.", U"Ǆ"}, {U"LJ", U"Ǉ"}, {U"NJ", U"Ǌ"}, {U"Æ.", U"ǢǼ"},
    {U"Ʒ.", U"Ǯ"}, {U"DZ", U"Ǳ"}, {U"Ø.", U"Ǿ"}, {U"h", U"ʰₕℎ"}, {U"ɦ", U"ʱ"}, {U"j", U"ʲⅉ"},
    {U"r", U"ʳᵣ"}, {U"ɹ", U"ʴ"}, {U"ɻ", U"ʵ"}, {U"ʁ", U"ʶ"}, {U"w", U"ʷ"}, {U"y", U"ʸ"},
    {U"ɣ", U"ˠ"}, {U"l", U"ˡₗℓ"}, {U"s", U"ˢₛ"}, {U"x", U"ˣₓ"}, {U"ʕ", U"ˤ"},
    {U"\u0300", U"\u0340"}, {U"\u0301", U"\u0341"}, {U"\u0313", U"\u0343"},
    {U"\u0308.", U"\u0344"}, {U"ʹ", U"ʹ"}, {U";", U";"}, {U"Α.", U"ΆἈἉἊἋἌἍἎἏᾸᾹᾺΆ"}, {U"·", U"·"},
    {U"Ε.", U"ΈἘἙἚἛἜἝῈΈ"}, {U"Η.", U"ΉἨἩἪἫἬἭἮἯῊΉ"}, {U"Ι.", U"ΊΪἸἹἺἻἼἽἾἿῘῙῚΊ"},
    {U"Ο.", U"ΌὈὉὊὋὌὍῸΌ"}, {U"Υ.", U"ΎΫϓϔὙὛὝὟῨῩῪΎ"}, {U"Ω.", U"ΏὨὩὪὫὬὭὮὯῺΏ"}, {U"Υ", U"ϒ"},
    {U"Θ", U"ϴ"}, {U"Σ", U"Ϲ"}, {U"Е.", U"ЀЁӖ"}, {U"Г.", U"Ѓ"}, {U"І.", U"Ї"}, {U"К.", U"Ќ"},
    {U"И.", U"ЍЙӢӤ"}, {U"У.", U"ЎӮӰӲ"}, {U"Ѵ.", U"Ѷ"}, {U"Ж.", U"ӁӜ"}, {U"А.", U"ӐӒ"},
    {U"Ә.", U"Ӛ"}, {U"З.", U"Ӟ"}, {U"О.", U"Ӧ"}, {U"Ө.", U"Ӫ"}, {U"Э.", U"Ӭ"}, {U"Ч.", U"Ӵ"},
    {U"Ы.", U"Ӹ"}, {U"\u0627.", U"\u0622\u0623\u0625\u0675"}, {U"\u0648.", U"\u0624\u0676"},
    {U"\u064A.", U"\u0626\u0678"}, {U"\u06C7.", U"\u0677"}, {U"\u06D5.", U"\u06C0"},
    {U"\u06C1.", U"\u06C2"}, {U"\u06D2.", U"\u06D3"}, {U"न.", U"ऩ"}, {U"र.", U"ऱ"},
    {U"ळ.", U"ऴ"}, {U"क.", U"क़"}, {U"ख.", U"ख़"}, {U"ग.", U"ग़"}, {U"ज.", U"ज़"}, {U"ड.", U"ड़"},
    {U"ढ.", U"ढ़"}, {U"फ.", U"फ़"}, {U"य.", U"य़"}, {U"\u09C7.", U"\u09CB\u09CC"}, {U"ড.", U"ড়"},
    {U"ঢ.", U"ঢ়"}, {U"য.", U"য়"}, {U"ਲ.", U"ਲ਼"}, {U"ਸ.", U"ਸ਼"}, {U"ਖ.", U"ਖ਼"}, {U"ਗ.", U"ਗ਼"},
    {U"ਜ.", U"ਜ਼"}, {U"ਫ.", U"ਫ਼"}, {U"\u0B47.", U"\u0B48\u0B4B\u0B4C"}, {U"ଡ.", U"ଡ଼"},
    {U"ଢ.", U"ଢ଼"}, {U"ஒ.", U"ஔ"}, {U"\u0BC6.", U"\u0BCA\u0BCC"}, {U"\u0BC7.", U"\u0BCB"},
    {U"\u0C46.", U"\u0C48"}, {U"\u0CBF.", U"\u0CC0"}, {U"\u0CC6.", U"\u0CC7\u0CC8\u0CCA\u0CCB"},
    {U"\u0D46.", U"\u0D4A\u0D4C"}, {U"\u0D47.", U"\u0D4B"},
    {U"\u0DD9.", U"\u0DDA\u0DDC\u0DDD\u0DDE"}, {U"\u0E4D.", U"ำ"}, {U"\u0ECD.", U"ຳ"},
    {U"ຫ.", U"ໜໝ"}, {U"་", U"༌"}, {U"ག.", U"གྷ"}, {U"ཌ.", U"ཌྷ"}, {U"ད.", U"དྷ"}, {U"བ.", U"བྷ"},
    {U"ཛ.", U"ཛྷ"}, {U"ཀ.", U"ཀྵ"}, {U"\u0F71.", U"\u0F73\u0F75\u0F81"},
    {U"\u0FB2.", U"\u0F76\u0F77"}, {U"\u0FB3.", U"\u0F78\u0F79"}, {U"\u0F92.", U"\u0F93"},
    {U"\u0F9C.", U"\u0F9D"}, {U"\u0FA1.", U"\u0FA2"}, {U"\u0FA6.", U"\u0FA7"},
    {U"\u0FAB.", U"\u0FAC"}, {U"\u0F90.", U"\u0FB9"}, {U"ဥ.", U"ဦ"}, {U"ნ", U"ჼ"},
    {U"A", U"ᴬⒶＡ\U0001CCD6\U0001D400\U0001D434\U0001D468\U0001D49C\U0001D4D0\U0001D504"},
    {U"A", U"\U0001D538\U0001D56C\U0001D5A0\U0001D5D4\U0001D608\U0001D63C\U0001D670"},
    {U"A", U"\U0001F130"}, {U"Æ", U"ᴭ"},
    {U"B", U"ᴮℬⒷＢ\U0001CCD7\U0001D401\U0001D435\U0001D469\U0001D4D1\U0001D505\U0001D539"},
    {U"B", U"\U0001D56D\U0001D5A1\U0001D5D5\U0001D609\U0001D63D\U0001D671\U0001F131"},
    {U"D", U"ᴰⅅⅮⒹＤ\U0001CCD9\U0001D403\U0001D437\U0001D46B\U0001D49F\U0001D4D3\U0001D507"},
    {U"D", U"\U0001D53B\U0001D56F\U0001D5A3\U0001D5D7\U0001D60B\U0001D63F\U0001D673"},
    {U"D", U"\U0001F133"},
    {U"E", U"ᴱℰⒺＥ\U0001CCDA\U0001D404\U0001D438\U0001D46C\U0001D4D4\U0001D508\U0001D53C"},
    {U"E", U"\U0001D570\U0001D5A4\U0001D5D8\U0001D60C\U0001D640\U0001D674\U0001F134"},
    {U"Ǝ", U"ᴲ"},
    {U"G", U"ᴳⒼＧ\U0001CCDC\U0001D406\U0001D43A\U0001D46E\U0001D4A2\U0001D4D6\U0001D50A"},
    {U"G", U"\U0001D53E\U0001D572\U0001D5A6\U0001D5DA\U0001D60E\U0001D642\U0001D676"},
    {U"G", U"\U0001F136"},
    {U"H", U"ᴴℋℌℍⒽＨ\U0001CCDD\U0001D407\U0001D43B\U0001D46F\U0001D4D7\U0001D573\U0001D5A7"},
    {U"H", U"\U0001D5DB\U0001D60F\U0001D643\U0001D677\U0001F137"},
    {U"I", U"ᴵℐℑⅠⒾＩ\U0001CCDE\U0001D408\U0001D43C\U0001D470\U0001D4D8\U0001D540\U0001D574"},
    {U"I", U"\U0001D5A8\U0001D5DC\U0001D610\U0001D644\U0001D678\U0001F138"},
    {U"J", U"ᴶⒿＪ\U0001CCDF\U0001D409\U0001D43D\U0001D471\U0001D4A5\U0001D4D9\U0001D50D"},
    {U"J", U"\U0001D541\U0001D575\U0001D5A9\U0001D5DD\U0001D611\U0001D645\U0001D679"},
    {U"J", U"\U0001F139"},
    {U"K", U"ᴷKⓀＫ\U0001CCE0\U0001D40A\U0001D43E\U0001D472\U0001D4A6\U0001D4DA\U0001D50E"},
    {U"K", U"\U0001D542\U0001D576\U0001D5AA\U0001D5DE\U0001D612\U0001D646\U0001D67A"},
    {U"K", U"\U0001F13A"},
    {U"L", U"ᴸℒⅬⓁＬ\U0001CCE1\U0001D40B\U0001D43F\U0001D473\U0001D4DB\U0001D50F\U0001D543"},
    {U"L", U"\U0001D577\U0001D5AB\U0001D5DF\U0001D613\U0001D647\U0001D67B\U0001F13B"},
    {U"M", U"ᴹℳⅯⓂＭ\U0001CCE2\U0001D40C\U0001D440\U0001D474\U0001D4DC\U0001D510\U0001D544"},
    {U"M", U"\U0001D578\U0001D5AC\U0001D5E0\U0001D614\U0001D648\U0001D67C\U0001F13C"},
    {U"N", U"ᴺℕⓃＮ\U0001CCE3\U0001D40D\U0001D441\U0001D475\U0001D4A9\U0001D4DD\U0001D511"},
    {U"N", U"\U0001D579\U0001D5AD\U0001D5E1\U0001D615\U0001D649\U0001D67D\U0001F13D"},
    {U"O", U"ᴼⓄＯ\U0001CCE4\U0001D40E\U0001D442\U0001D476\U0001D4AA\U0001D4DE\U0001D512"},
    {U"O", U"\U0001D546\U0001D57A\U0001D5AE\U0001D5E2\U0001D616\U0001D64A\U0001D67E"},
    {U"O", U"\U0001F13E"}, {U"Ȣ", U"ᴽ"},
    {U"P", U"ᴾℙⓅＰ\U0001CCE5\U0001D40F\U0001D443\U0001D477\U0001D4AB\U0001D4DF\U0001D513"},
    {U"P", U"\U0001D57B\U0001D5AF\U0001D5E3\U0001D617\U0001D64B\U0001D67F\U0001F13F"},
    {U"R", U"ᴿℛℜℝⓇＲ\U0001CCE7\U0001D411\U0001D445\U0001D479\U0001D4E1\U0001D57D\U0001D5B1"},
    {U"R", U"\U0001D5E5\U0001D619\U0001D64D\U0001D681\U0001F12C\U0001F141"},
    {U"T", U"ᵀⓉＴ\U0001CCE9\U0001D413\U0001D447\U0001D47B\U0001D4AF\U0001D4E3\U0001D517"},
    {U"T", U"\U0001D54B\U0001D57F\U0001D5B3\U0001D5E7\U0001D61B\U0001D64F\U0001D683"},
    {U"T", U"\U0001F143"},
    {U"U", U"ᵁⓊＵ\U0001CCEA\U0001D414\U0001D448\U0001D47C\U0001D4B0\U0001D4E4\U0001D518"},
    {U"U", U"\U0001D54C\U0001D580\U0001D5B4\U0001D5E8\U0001D61C\U0001D650\U0001D684"},
    {U"U", U"\U0001F144"},
    {U"W", U"ᵂⓌＷ\U0001CCEC\U0001D416\U0001D44A\U0001D47E\U0001D4B2\U0001D4E6\U0001D51A"},
    {U"W", U"\U0001D54E\U0001D582\U0001D5B6\U0001D5EA\U0001D61E\U0001D652\U0001D686"},
    {U"W", U"\U0001F146"}, {U"ɐ", U"ᵄ"}, {U"ɑ", U"ᵅ"}, {U"ᴂ", U"ᵆ"}, {U"b", U"ᵇ"}, {U"d", U"ᵈⅆ"},
    {U"e", U"ᵉₑℯⅇ"}, {U"ə", U"ᵊₔ"}, {U"ɛ", U"ᵋ"}, {U"ɜ", U"ᵌᶟ"}, {U"g", U"ᵍℊ"}, {U"k", U"ᵏₖ"},
    {U"m", U"ᵐₘ"}, {U"ŋ", U"ᵑ"}, {U"ɔ", U"ᵓ"}, {U"ᴖ", U"ᵔ"}, {U"ᴗ", U"ᵕ"}, {U"p", U"ᵖₚ"},
    {U"t", U"ᵗₜ"}, {U"u", U"ᵘᵤ"}, {U"ᴝ", U"ᵙ"}, {U"ɯ", U"ᵚ"}, {U"v", U"ᵛᵥ"}, {U"ᴥ", U"ᵜ"},
    {U"β", U"ᵝᵦ"}, {U"γ", U"ᵞᵧℽ"}, {U"δ", U"ᵟ"}, {U"φ", U"ᵠᵩ"}, {U"χ", U"ᵡᵪ"}, {U"i", U"ᵢⁱℹⅈ"},
    {U"ρ", U"ᵨ"}, {U"н", U"ᵸ"}, {U"ɒ", U"ᶛ"}, {U"c", U"ᶜ"}, {U"ɕ", U"ᶝ"}, {U"ð", U"ᶞ"},
    {U"f", U"ᶠ"}, {U"ɟ", U"ᶡ"}, {U"ɡ", U"ᶢ"}, {U"ɥ", U"ᶣ"}, {U"ɨ", U"ᶤ"}, {U"ɩ", U"ᶥ"},
    {U"ɪ", U"ᶦ"}, {U"ᵻ", U"ᶧ"}, {U"ʝ", U"ᶨ"}, {U"ɭ", U"ᶩ"}, {U"ᶅ", U"ᶪ"}, {U"ʟ", U"ᶫ"},
    {U"ɱ", U"ᶬ"}, {U"ɰ", U"ᶭ"}, {U"ɲ", U"ᶮ"}, {U"ɳ", U"ᶯ"}, {U"ɴ", U"ᶰ"}, {U"ɵ", U"ᶱ"},
    {U"ɸ", U"ᶲ"}, {U"ʂ", U"ᶳ"}, {U"ʃ", U"ᶴ"}, {U"ƫ", U"ᶵ"}, {U"ʉ", U"ᶶ"}, {U"ʊ", U"ᶷ"},
    {U"ᴜ", U"ᶸ"}, {U"ʋ", U"ᶹ"}, {U"ʌ", U"ᶺ"}, {U"z", U"ᶻ"}, {U"ʐ", U"ᶼ"}, {U"ʑ", U"ᶽ"},
    {U"ʒ", U"ᶾ"}, {U"θ", U"ᶿ"}, {U"B.", U"ḂḄḆ㏃"}, {U"F.", U"Ḟ"}, {U"M.", U"ḾṀṂ㏁"},
    {U"P.", U"ṔṖ㎩"}, {U"V.", U"ṼṾ㏞"}, {U"X.", U"ẊẌ"}, {U"Ρ.", U"Ῥ"}, {U"`", U"`"},
    {U"‐", U"‑"}, {U".", U"․"}, {U"..", U"‥…"}, {U"′.", U"″‴⁗"}, {U"‵.", U"‶‷"}, {U"!.", U"‼⁉"},
    {U"?.", U"⁇⁈"}, {U"0", U"⁰₀"}, {U"4", U"⁴₄"}, {U"5", U"⁵₅"}, {U"6", U"⁶₆"}, {U"7", U"⁷₇"},
    {U"8", U"⁸₈"}, {U"9", U"⁹₉"}, {U"+", U"⁺₊"}, {U"−", U"⁻₋"}, {U"=", U"⁼₌"}, {U"(", U"⁽₍"},
    {U")", U"⁾₎"}, {U"n", U"ⁿₙ"}, {U"a.", U"℀℁"},
    {U"C", U"ℂℭⅭⒸꟲＣ\U0001CCD8\U0001D402\U0001D436\U0001D46A\U0001D49E\U0001D4D2\U0001D56E"},
    {U"C", U"\U0001D5A2\U0001D5D6\U0001D60A\U0001D63E\U0001D672\U0001F12B\U0001F132"},
    {U"°C", U"℃"}, {U"c.", U"℅℆"}, {U"Ɛ", U"ℇ"}, {U"°F", U"℉"}, {U"ħ", U"ℏ"},
    {U"Q", U"ℚⓆꟴＱ\U0001CCE6\U0001D410\U0001D444\U0001D478\U0001D4AC\U0001D4E0\U0001D514"},
    {U"Q", U"\U0001D57C\U0001D5B0\U0001D5E4\U0001D618\U0001D64C\U0001D680\U0001F140"},
    {U"SM", U"℠"}, {U"TEL", U"℡"}, {U"TM", U"™"},
    {U"Z", U"ℤℨⓏＺ\U0001CCEF\U0001D419\U0001D44D\U0001D481\U0001D4B5\U0001D4E9\U0001D585"},
    {U"Z", U"\U0001D5B9\U0001D5ED\U0001D621\U0001D655\U0001D689\U0001F149"}, {U"Ω", U"Ω"},
    {U"F", U"ℱⒻꟳＦ\U0001CCDB\U0001D405\U0001D439\U0001D46D\U0001D4D5\U0001D509\U0001D53D"},
    {U"F", U"\U0001D571\U0001D5A5\U0001D5D9\U0001D60D\U0001D641\U0001D675\U0001F135"},
    {U"\u05D0", U"ℵ"}, {U"\u05D1", U"ℶ"}, {U"\u05D2", U"ℷ"}, {U"\u05D3", U"ℸ"}, {U"FAX", U"℻"},
    {U"π", U"ℼ"}, {U"Γ", U"ℾ"}, {U"Π", U"ℿ"}, {U"∑", U"⅀"}, {U"2.", U"⅔⅖"}, {U"4.", U"⅘"},
    {U"5.", U"⅚⅝"}, {U"7.", U"⅞"}, {U"II", U"Ⅱ"}, {U"III", U"Ⅲ"}, {U"IV", U"Ⅳ"},
    {U"V", U"ⅤⓋⱽＶ\U0001CCEB\U0001D415\U0001D449\U0001D47D\U0001D4B1\U0001D4E5\U0001D519"},
    {U"V", U"\U0001D54D\U0001D581\U0001D5B5\U0001D5E9\U0001D61D\U0001D651\U0001D685"},
    {U"V", U"\U0001F145"}, {U"VI", U"Ⅵ"}, {U"VII", U"Ⅶ"}, {U"VIII", U"Ⅷ"}, {U"IX", U"Ⅸ"},
    {U"X", U"ⅩⓍＸ\U0001CCED\U0001D417\U0001D44B\U0001D47F\U0001D4B3\U0001D4E7\U0001D51B"},
    {U"X", U"\U0001D54F\U0001D583\U0001D5B7\U0001D5EB\U0001D61F\U0001D653\U0001D687"},
    {U"X", U"\U0001F147"}, {U"XI", U"Ⅺ"}, {U"XII", U"Ⅻ"}, {U"0.", U"↉"},
    {U"S", U"Ⓢ꟱Ｓ\U0001CCE8\U0001D412\U0001D446\U0001D47A\U0001D4AE\U0001D4E2\U0001D516"},
    {U"S", U"\U0001D54A\U0001D57E\U0001D5B2\U0001D5E6\U0001D61A\U0001D64E\U0001D682"},
    {U"S", U"\U0001F142"},
    {U"Y", U"ⓎＹ\U0001CCEE\U0001D418\U0001D44C\U0001D480\U0001D4B4\U0001D4E8\U0001D51C"},
    {U"Y", U"\U0001D550\U0001D584\U0001D5B8\U0001D5EC\U0001D620\U0001D654\U0001D688"},
    {U"Y", U"\U0001F148"}, {U"か.", U"が"}, {U"き.", U"ぎ"}, {U"く.", U"ぐ"}, {U"け.", U"げ"},
    {U"こ.", U"ご"}, {U"さ.", U"ざ"}, {U"し.", U"じ"}, {U"す.", U"ず"}, {U"せ.", U"ぜ"},
    {U"そ.", U"ぞ"}, {U"た.", U"だ"}, {U"ち.", U"ぢ"}, {U"つ.", U"づ"}, {U"て.", U"で"},
    {U"と.", U"ど"}, {U"は.", U"ばぱ"}, {U"ひ.", U"びぴ"}, {U"ふ.", U"ぶぷ"}, {U"へ.", U"べぺ"},
    {U"ほ.", U"ぼぽ"}, {U"う.", U"ゔ"}, {U"ゝ.", U"ゞ"}, {U"よ.", U"ゟ"}, {U"カ.", U"ガ"},
    {U"キ.", U"ギ"}, {U"ク.", U"グ"}, {U"ケ.", U"ゲ"}, {U"コ.", U"ゴヿ"}, {U"サ.", U"ザ"},
    {U"シ.", U"ジ"}, {U"ス.", U"ズ"}, {U"セ.", U"ゼ"}, {U"ソ.", U"ゾ"}, {U"タ.", U"ダ"},
    {U"チ.", U"ヂ"}, {U"ツ.", U"ヅ"}, {U"テ.", U"デ"}, {U"ト.", U"ド"}, {U"ハ.", U"バパ"},
    {U"ヒ.", U"ビピ"}, {U"フ.", U"ブプ"}, {U"ヘ.", U"ベペ"}, {U"ホ.", U"ボポ"}, {U"ウ.", U"ヴ"},
    {U"ワ.", U"ヷ"}, {U"ヰ.", U"ヸ"}, {U"ヱ.", U"ヹ"}, {U"ヲ.", U"ヺ"}, {U"ヽ.", U"ヾ"},
    {U"PTE", U"㉐"}, {U"eV", U"㋎"}, {U"LTD", U"㋏"}, {U"hP.", U"㍱"}, {U"AU", U"㍳"},
    {U"oV", U"㍵"}, {U"IU", U"㍺"}, {U"pA", U"㎀"}, {U"nA", U"㎁"}, {U"μA", U"㎂"},
    {U"mA", U"㎃"}, {U"kA", U"㎄"}, {U"KB", U"㎅"}, {U"MB", U"㎆"}, {U"GB", U"㎇"},
    {U"pF", U"㎊"}, {U"nF", U"㎋"}, {U"μF", U"㎌"}, {U"kH.", U"㎑"}, {U"MH.", U"㎒"},
    {U"GH.", U"㎓"}, {U"TH.", U"㎔"}, {U"kP.", U"㎪"}, {U"MP.", U"㎫"}, {U"GP.", U"㎬"},
    {U"pV", U"㎴"}, {U"nV", U"㎵"}, {U"μV", U"㎶"}, {U"mV", U"㎷"}, {U"kV", U"㎸"},
    {U"MV", U"㎹\U0001F14B"}, {U"pW", U"㎺"}, {U"nW", U"㎻"}, {U"μW", U"㎼"}, {U"mW", U"㎽"},
    {U"kW", U"㎾"}, {U"MW", U"㎿"}, {U"dB", U"㏈"}, {U"HP", U"㏋"}, {U"KK", U"㏍"},
    {U"KM", U"㏎"}, {U"PH", U"㏗"}, {U"PPM", U"㏙"}, {U"PR", U"㏚"},
    {U"\u0635. . . .", U"\uFDFA"}, {U"\u062C. .", U"\uFDFB"}, {U"*", U"﹡＊"},
    {U"(A.", U"\U0001F110"}, {U"(B.", U"\U0001F111"}, {U"(C.", U"\U0001F112"},
    {U"(D.", U"\U0001F113"}, {U"(E.", U"\U0001F114"}, {U"(F.", U"\U0001F115"},
    {U"(G.", U"\U0001F116"}, {U"(H.", U"\U0001F117"}, {U"(I.", U"\U0001F118"},
    {U"(J.", U"\U0001F119"}, {U"(K.", U"\U0001F11A"}, {U"(L.", U"\U0001F11B"},
    {U"(M.", U"\U0001F11C"}, {U"(N.", U"\U0001F11D"}, {U"(O.", U"\U0001F11E"},
    {U"(P.", U"\U0001F11F"}, {U"(Q.", U"\U0001F120"}, {U"(R.", U"\U0001F121"},
    {U"(S.", U"\U0001F122"}, {U"(T.", U"\U0001F123"}, {U"(U.", U"\U0001F124"},
    {U"(V.", U"\U0001F125"}, {U"(W.", U"\U0001F126"}, {U"(X.", U"\U0001F127"},
    {U"(Y.", U"\U0001F128"}, {U"(Z.", U"\U0001F129"}, {U"〔S.", U"\U0001F12A"},
    {U"CD", U"\U0001F12D"}, {U"WZ", U"\U0001F12E"}, {U"HV", U"\U0001F14A"},
    {U"SD", U"\U0001F14C"}, {U"SS", U"\U0001F14D"}, {U"PPV", U"\U0001F14E"},
    {U"WC", U"\U0001F14F"}, {U"MC", U"\U0001F16A"}, {U"MD", U"\U0001F16B"},
    {U"MR", U"\U0001F16C"}, {U"DJ", U"\U0001F190"},
};
// clang-format on

using PartsOf = absl::flat_hash_map<char32_t, std::u32string_view>;

const PartsOf& Parts() {
  static const auto& parts = *new PartsOf([] {
    PartsOf made;
    for (const Decomposition& decomposition : kDecompositions) {
      for (const char32_t character : decomposition.characters) {
        made[character] = decomposition.parts;
      }
    }
    return made;
  }());
  return parts;
}

// Syllables of Hangul are numbered by their letters (The Unicode Standard, 3.12).
constexpr char32_t kSyllablesBegin = 0xAC00;
constexpr char32_t kSyllablesEnd = 0xD7A4;
constexpr char32_t kLeadBegin = 0x1100;
constexpr char32_t kSyllablesOfLead = 21 * 28;

}  // namespace

std::u32string Decompose(std::u32string_view upper) {
  std::u32string parts;
  parts.reserve(upper.size());
  for (const char32_t character : upper) {
    if (character < 0x80) {
      parts.push_back(character);
    } else if (character >= kSyllablesBegin && character < kSyllablesEnd) {
      parts.push_back(kLeadBegin + (character - kSyllablesBegin) / kSyllablesOfLead);
      parts.push_back('.');
    } else if (const auto found = Parts().find(character); found != Parts().end()) {
      parts.append(found->second);
    } else {
      parts.push_back(character);
    }
  }
  return parts;
}

}  // namespace kernelserve::phonetics
