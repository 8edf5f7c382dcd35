#include "server/choices/choices_cache.h"

#include <algorithm>

namespace kernelserve::server {

ChoicesCache::Shared ChoicesCache::Find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return Use(key);
}

ChoicesCache::Shared ChoicesCache::Use(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->choices;
}

ChoicesCache::Turn::State ChoicesCache::Turn::Ask(const std::string& key,
                                                  const std::function<void()>& resume,
                                                  Shared* found) {
  const std::lock_guard lock(cache_.mutex_);
  *found = cache_.Use(key);
  if (*found != nullptr) return state_ = State::kFound;
  key_ = key;
  const auto [making, first] = cache_.making_.try_emplace(key);
  if (first) return state_ = State::kMake;
  resume_ = resume;
  making->second.push_back(this);
  return state_ = State::kWait;
}

bool ChoicesCache::Turn::End(Shared made) {
  std::vector<Shared> gone;  // freed when the lock is
  const std::lock_guard lock(cache_.mutex_);
  const auto making = cache_.making_.find(key_);
  switch (std::exchange(state_, State::kFound)) {
    case State::kFound:
      return false;
    case State::kWait:
      // Whoever was to call `resume` has not yet: else this would be kFound.
      std::erase(making->second, this);
      return false;
    case State::kMake:
      break;
  }
  const bool kept = made != nullptr && cache_.Keep(key_, std::move(made), &gone);
  for (Turn* waiting : making->second) {
    waiting->state_ = State::kFound;
    waiting->resume_();
  }
  cache_.making_.erase(making);
  return kept;
}

bool ChoicesCache::Keep(const std::string& key, Shared made, std::vector<Shared>* gone) {
  const uint64_t bytes = made->bytes();
  if (bytes > bytes_max_) return false;
  while (bytes_ > bytes_max_ - bytes) Drop(std::prev(entries_.end()), gone);
  entries_.push_front({.key = key, .choices = std::move(made), .bytes = bytes});
  by_key_[key] = entries_.begin();
  bytes_ += bytes;
  return true;
}

ChoicesCache::Entries::iterator ChoicesCache::Drop(Entries::iterator entry,
                                                   std::vector<Shared>* gone) {
  bytes_ -= entry->bytes;
  by_key_.erase(entry->key);
  gone->push_back(std::move(entry->choices));
  return entries_.erase(entry);
}

void ChoicesCache::GiveBack(uint64_t bytes) {
  std::vector<Shared> gone;
  const std::lock_guard lock(mutex_);
  uint64_t given = 0;
  for (auto entry = entries_.end(); entry != entries_.begin() && given < bytes;) {
    --entry;
    if (entry->choices.use_count() > 1) continue;
    given += entry->bytes;
    entry = Drop(entry, &gone);
  }
}

uint64_t ChoicesCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace kernelserve::server
