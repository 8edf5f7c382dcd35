#ifndef KERNELSERVE_SERVER_CHOICES_CHOICES_CACHE_H_
#define KERNELSERVE_SERVER_CHOICES_CHOICES_CACHE_H_

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kernels/string_distance/choices.h"

namespace kernelserve::server {

// Choices that were made ready for a call, kept for later ones: by a key, which is their digest and
// whatever else of a request they depend on. Up to a number of bytes; those that were used last the
// longest ago go first. Calls hold what they use, so that nothing is lost to a call that has it.
//
// Each is made once, though several calls bring the same at the same time: the first one makes it,
// and the others wait without a thread.
//
// Thread-safe.
class ChoicesCache {
 public:
  using Shared = std::shared_ptr<const Choices>;

  // 0 bytes: nothing is kept.
  explicit ChoicesCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  ChoicesCache(const ChoicesCache&) = delete;
  ChoicesCache& operator=(const ChoicesCache&) = delete;

  // What is held by this key; null where nothing is.
  Shared Find(const std::string& key);

  // A call that asks for choices which it brings. It has one turn at a time, and ends it by itself
  // when it is destroyed.
  class Turn {
   public:
    explicit Turn(ChoicesCache* cache) : cache_(*cache) {}
    ~Turn() { End(nullptr); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    enum class State {
      kFound,  // *found is set
      kMake,   // nobody has it: make it, then End() with it
      kWait,   // somebody makes it: `resume` is called once that is done or given up; ask again
    };
    // `resume` is called with a lock of the cache held, from any thread, perhaps before this
    // returns, and not once *this is gone.
    State Ask(const std::string& key, const std::function<void()>& resume, Shared* found);

    // It has been made, or has not (null). Returns whether it is kept.
    bool End(Shared made);

   private:
    friend class ChoicesCache;

    ChoicesCache& cache_;
    State state_ = State::kFound;
    std::string key_;               // of kMake and kWait
    std::function<void()> resume_;  // of kWait
  };

  // Lets go of what no call uses, until that gives back so many bytes or there is nothing left.
  void GiveBack(uint64_t bytes);

  uint64_t bytes() const;

 private:
  struct Entry {
    std::string key;
    Shared choices;
    uint64_t bytes;
  };
  using Entries = std::list<Entry>;  // the last used first

  Shared Use(const std::string& key);                                          // requires mutex_
  bool Keep(const std::string& key, Shared made, std::vector<Shared>* gone);   // requires mutex_
  Entries::iterator Drop(Entries::iterator entry, std::vector<Shared>* gone);  // requires mutex_

  const uint64_t bytes_max_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> by_key_;
  uint64_t bytes_ = 0;
  // What is being made, and who waits for it.
  std::unordered_map<std::string, std::vector<Turn*>> making_;
};

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_CHOICES_CHOICES_CACHE_H_
