#include "server/choices/choices_cache.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace kernelserve::server {
namespace {

using Shared = ChoicesCache::Shared;
using Turn = ChoicesCache::Turn;
using State = ChoicesCache::Turn::State;

Shared Make(size_t texts) {
  return std::make_shared<const Choices>(Texts(std::vector<Text>(texts)));
}

const uint64_t kBytes = Make(1000)->bytes();

// Makes choices of this key and gives them to the cache, which keeps them or not.
bool Put(ChoicesCache* cache, const std::string& key, Shared made = Make(1000)) {
  Turn turn(cache);
  Shared found;
  EXPECT_EQ(turn.Ask(
                key, [] {}, &found),
            State::kMake);
  return turn.End(std::move(made));
}

TEST(ChoicesCacheTest, GivesWhatWasMade) {
  ChoicesCache cache(kBytes);
  EXPECT_EQ(cache.Find("a"), nullptr);
  const Shared made = Make(1000);
  EXPECT_TRUE(Put(&cache, "a", made));
  EXPECT_EQ(cache.Find("a"), made);
  EXPECT_EQ(cache.bytes(), kBytes);
  Turn turn(&cache);
  Shared found;
  EXPECT_EQ(turn.Ask(
                "a", [] {}, &found),
            State::kFound);
  EXPECT_EQ(found, made);
}

TEST(ChoicesCacheTest, LetsGoOfWhatWasUsedLastTheLongestAgo) {
  ChoicesCache cache(2 * kBytes);
  Put(&cache, "a");
  Put(&cache, "b");
  EXPECT_NE(cache.Find("a"), nullptr);
  Put(&cache, "c");
  EXPECT_EQ(cache.Find("b"), nullptr);
  EXPECT_NE(cache.Find("a"), nullptr);
  EXPECT_NE(cache.Find("c"), nullptr);
  EXPECT_EQ(cache.bytes(), 2 * kBytes);
}

TEST(ChoicesCacheTest, KeepsNothingThatIsLargerThanItself) {
  ChoicesCache cache(kBytes);
  Put(&cache, "a");
  EXPECT_FALSE(Put(&cache, "b", Make(2000)));
  EXPECT_NE(cache.Find("a"), nullptr);
  ChoicesCache none(0);
  EXPECT_FALSE(Put(&none, "a"));
  EXPECT_EQ(none.bytes(), 0u);
}

TEST(ChoicesCacheTest, GivesBackWhatNobodyUses) {
  ChoicesCache cache(10 * kBytes);
  Put(&cache, "a");
  Put(&cache, "b");
  Put(&cache, "c");
  Shared used = cache.Find("a");
  const std::weak_ptr<const Choices> b = cache.Find("b");
  cache.Find("c");
  cache.GiveBack(1);
  EXPECT_TRUE(b.expired());
  EXPECT_EQ(cache.Find("b"), nullptr);
  cache.GiveBack(UINT64_MAX);
  EXPECT_EQ(cache.bytes(), kBytes);
  EXPECT_EQ(cache.Find("a"), used);
  used.reset();
  cache.GiveBack(UINT64_MAX);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(ChoicesCacheTest, HasTheSameMadeOnce) {
  ChoicesCache cache(kBytes);
  std::optional<Turn> maker(std::in_place, &cache);
  Turn waiter(&cache);
  Shared found;
  int resumed = 0;
  const std::function<void()> resume = [&] { ++resumed; };
  EXPECT_EQ(maker->Ask("a", resume, &found), State::kMake);
  EXPECT_EQ(waiter.Ask("a", resume, &found), State::kWait);
  EXPECT_EQ(resumed, 0);
  const Shared made = Make(1000);
  maker->End(made);
  EXPECT_EQ(resumed, 1);
  EXPECT_EQ(waiter.Ask("a", resume, &found), State::kFound);
  EXPECT_EQ(found, made);
  maker.reset();
  EXPECT_EQ(resumed, 1);
}

TEST(ChoicesCacheTest, LetsTheNextOneMakeWhatWasGivenUp) {
  ChoicesCache cache(kBytes);
  std::optional<Turn> maker(std::in_place, &cache);
  Turn next(&cache);
  Turn last(&cache);
  Shared found;
  int resumed = 0;
  const std::function<void()> resume = [&] { ++resumed; };
  EXPECT_EQ(maker->Ask("a", resume, &found), State::kMake);
  EXPECT_EQ(next.Ask("a", resume, &found), State::kWait);
  EXPECT_EQ(last.Ask("a", resume, &found), State::kWait);
  maker.reset();  // its call was cancelled
  EXPECT_EQ(resumed, 2);
  EXPECT_EQ(next.Ask("a", resume, &found), State::kMake);
  EXPECT_EQ(last.Ask("a", resume, &found), State::kWait);
  next.End(Make(1000));
  EXPECT_EQ(resumed, 3);
}

TEST(ChoicesCacheTest, ResumesNobodyWhoIsGone) {
  ChoicesCache cache(kBytes);
  Turn maker(&cache);
  Shared found;
  EXPECT_EQ(maker.Ask(
                "a", [] {}, &found),
            State::kMake);
  {
    Turn waiter(&cache);
    EXPECT_EQ(waiter.Ask(
                  "a", [] { FAIL(); }, &found),
              State::kWait);
  }
  maker.End(nullptr);
}

// For ThreadSanitizer: threads that ask for a few keys, some of which give up, while others press.
TEST(ChoicesCacheTest, MayBeAskedByAnyThread) {
  ChoicesCache cache(2 * kBytes);
  std::atomic<int> made = 0;
  const auto ask = [&](int thread) {
    for (int i = 0; i < 300; ++i) {
      std::atomic<bool> resumed = true;
      Turn turn(&cache);
      Shared found;
      const std::string key = std::to_string((thread + i) % 3);
      for (;;) {
        resumed.store(false);
        const auto resume = [&] {
          resumed.store(true);
          resumed.notify_one();
        };
        const State state = turn.Ask(key, resume, &found);
        if (state == State::kFound) break;
        if (state == State::kMake) {
          if (i % 5 != 0) turn.End(Make(1000));
          ++made;
          break;
        }
        if (i % 7 == 0) break;
        resumed.wait(false);
      }
      if (i % 11 == 0) cache.GiveBack(1);
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) threads.emplace_back(ask, thread);
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(made.load(), 0);
  EXPECT_LE(cache.bytes(), 2 * kBytes);
}

}  // namespace
}  // namespace kernelserve::server
