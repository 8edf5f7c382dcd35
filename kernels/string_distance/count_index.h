#ifndef KERNELSERVE_KERNELS_STRING_DISTANCE_COUNT_INDEX_H_
#define KERNELSERVE_KERNELS_STRING_DISTANCE_COUNT_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/stop_token.h"
#include "kernels/string_distance/unit_signatures.h"
#include "kernels/texts.h"

namespace kernelserve {

// Texts by size, each with the signature of its units: those that can't have enough in common with
// a query are passed over at about 0.15 ns each (Highway). Immutable, and safe to share between
// threads.
class CountIndex {
 public:
  // Of all texts that are not null; fewer than 2^32. `texts` are looked at here only. Ends early
  // once `stop` is set, and is then of no use.
  explicit CountIndex(const Texts& texts, const StopToken& stop = {});

  // The same in shards of so many texts, the last of the rest. It is of use after Add() of every
  // shard, of which several threads may each do some, and Finish().
  CountIndex(const Texts& texts, size_t shard_rows);
  void Add(const Texts& texts, size_t shard, const StopToken& stop);
  void Finish();

  // Texts of one size: places [begin, end) of order().
  struct Run {
    uint32_t units;
    uint32_t begin;
    uint32_t end;
  };
  // By shard, and within one by size, ascending.
  std::span<const Run> runs() const { return runs_; }
  std::span<const Run> runs(size_t shard) const;
  // Rows of the texts, ascending within a run. Places of no run are of no row.
  std::span<const uint32_t> order() const { return order_; }

  UnitSignatures::Signature SignatureOf(Text text) const { return unit_signatures_.Of(text); }

  // Appends to `*rows` those from places [begin, end) of which the query may lack at most
  // `over_max` units that they have, and have all but at most `under_max` of the query's, ascending
  // by place.
  void Candidates(UnitSignatures::Signature query, size_t begin, size_t end, size_t over_max,
                  size_t under_max, std::vector<uint32_t>* rows) const;

  // Sets out[i - begin], for places [begin, end) of texts of `units` units, to a number of units
  // that the text and a query of `query_units` can't have in common of the longer one's: what
  // bounds their edit distance. 255 stands for more, too.
  void Differences(UnitSignatures::Signature query, size_t query_units, size_t units, size_t begin,
                   size_t end, uint8_t* out) const;

  size_t bytes() const {  // on the heap
    return order_.capacity() * sizeof(order_[0]) + signatures_.capacity() * sizeof(signatures_[0]) +
           2 * runs_.capacity() * sizeof(runs_[0]);
  }

 private:
  // Sorts rows [begin, end) into places from `begin` on; returns where they end.
  size_t SortBySize(const Texts& texts, size_t begin, size_t end);

  UnitSignatures unit_signatures_;
  size_t shard_rows_;
  std::vector<uint32_t> order_;
  std::vector<UnitSignatures::Signature> signatures_;  // by place of order_
  std::vector<std::vector<Run>> shard_runs_;
  std::vector<Run> runs_;  // of all shards
};

}  // namespace kernelserve

#endif  // KERNELSERVE_KERNELS_STRING_DISTANCE_COUNT_INDEX_H_
