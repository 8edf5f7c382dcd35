#include "server/cross/row_errors.h"

#include "server/columns/encoder.h"

namespace kernelserve::server {

void AppendRowErrors(const Texts& texts, v1::RowErrors* errors) {
  errors->set_count(errors->count() + texts.error_count());
  for (const RowError& error : texts.errors()) {
    if (errors->first_size() == static_cast<int>(kRowErrorsListed)) return;
    v1::RowError* listed = errors->add_first();
    listed->set_row(error.row);
    listed->set_reason(error.reason);
    listed->set_message(error.message);
  }
}

}  // namespace kernelserve::server
