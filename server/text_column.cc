#include "server/text_column.h"

#include <string>

namespace kernelserve::server {

TextColumn::TextColumn(const v1::Text& text) {
  view_.length = 1;
  const auto set = [this](DataType type, const void* data, size_t bytes, size_t unit_bytes) {
    view_.type = type;
    view_.values = {static_cast<const uint8_t*>(data), bytes};
    offsets_[1] = static_cast<int32_t>(bytes / unit_bytes);
  };
  switch (text.value_case()) {
    case v1::Text::kBinary:
      set(DataType::kBinary, text.binary().data(), text.binary().size(), 1);
      break;
    case v1::Text::kSymbols: {
      const auto& units = text.symbols().units();
      set(DataType::kSymbols, units.data(), units.size() * sizeof(uint32_t), sizeof(uint32_t));
      break;
    }
    case v1::Text::kUtf8:
    case v1::Text::VALUE_NOT_SET:
      set(DataType::kUtf8, text.utf8().data(), text.utf8().size(), 1);
      break;
  }
  view_.offsets = {reinterpret_cast<const uint8_t*>(offsets_.data()), sizeof(offsets_)};
}

}  // namespace kernelserve::server
