#ifndef KERNELSERVE_SERVER_LIMITS_H_
#define KERNELSERVE_SERVER_LIMITS_H_

#include <cstddef>
#include <cstdint>

// Every bound of the server, with its reason. Those that an operator may set are defaults of flags
// (flags.h) and travel in Options; the rest are fixed.
namespace kernelserve::server {

// ---- Work ----

// A task on the pool. Long enough that handing it out, half a microsecond, does not show; short
// enough that a cancelled call stops, and a cheap one gets a worker, within a few of them.
inline constexpr uint64_t kTaskCostNs = 1'000'000;

// What a flow may run before the next one's turn: one task.
inline constexpr uint64_t kFlowQuantumNs = kTaskCostNs;

// How far a flow can overdraw its turns. One task that takes a minute against an estimate of a
// millisecond shall not shut its flow out for a minute, only until others had their share.
inline constexpr int64_t kFlowDebtNsMax = 100 * static_cast<int64_t>(kFlowQuantumNs);

// Jobs on the pool, running and waiting. At a millisecond each they are some seconds of work; each
// holds a few KB beyond what the memory budget counts.
inline constexpr size_t kJobsMax = 4096;

// A call under both is answered on gRPC's own thread. A hop to the pool and back costs more than
// 20 us of latency; anything longer keeps that thread from polling sockets.
inline constexpr uint64_t kInlineCostNs = 20'000;
inline constexpr size_t kInlineRequestBytes = 16 * 1024;

// Workers are nicer than gRPC's threads, which are to get a core as soon as they want one.
inline constexpr int kWorkerNice = 10;

// And how often a worker yields, since niceness alone leaves it its core till the kernel's next
// tick: a few thousand times a second, at less than a microsecond each. Beside an hour's matrix,
// unary p99 is 4.2 ms without, and 0.6 ms with it.
inline constexpr int64_t kYieldPauseNs = 250'000;

// A call is refused for its deadline only where its estimate is over this many times what remains:
// estimates are rough, and a refused call is certainly lost.
inline constexpr uint64_t kDeadlineEstimateFactor = 2;

// Or where another call of its client has waited for a worker for over 1 / this of what remains; or
// where it has waited for so much of its own time and others wait behind it. In an overload, a
// queue would else grow until each call that is begun is one that nobody waits for any more; so
// half of its time is left to each that is begun.
inline constexpr uint64_t kDeadlineWaitParts = 2;

// Refusals for load that leave in a second at once: each takes over 0.1 ms of a busy core, so they
// are 2 % of one. Further ones wait their turn, up to so long: a client that waits as it is told
// asks less often, and one that does not is made to. They leave in batches, which wake a thread
// less often. And so many wait at most, of some 10 KB each.
inline constexpr int64_t kRefusalsPerSecond = 100;
inline constexpr int64_t kRefusalHoldNsMax = 2'000'000'000;
inline constexpr int64_t kRefusalBatchNs = 100'000'000;
inline constexpr size_t kRefusalsHeldMax = 4096;

// And while any wait, gRPC's threads look for news so often: each look costs some tens of
// microseconds of a busy core, and else there are thousands a second.
inline constexpr int64_t kPollPauseNs = 5'000'000;

// Flows whose refusals are counted one by one, beside those of all.
inline constexpr size_t kRefusedFlowsMax = 1024;

// ---- Messages ----

// Default of --request_bytes_max. Some 2 million pairs of words; a client cuts larger columns into
// calls of kRequestBytesPreferred, which is where throughput stops growing with size.
inline constexpr uint64_t kRequestBytesMax = 64ull << 20;
inline constexpr uint64_t kRequestBytesPreferred = 8ull << 20;

// What every v1 server takes (the proto's promise to clients): lower settings are refused.
inline constexpr uint64_t kRequestBytesMaxLeast = 4ull << 20;
inline constexpr uint64_t kRowsMaxLeast = 65'536;

// What settings can be raised to: gRPC and protobuf count a message's bytes in an int, and Arrow a
// column's rows, here, in an int32.
inline constexpr uint64_t kRequestBytesMaxMost = (2ull << 30) - 1 - (1 << 20);
inline constexpr uint64_t kRowsMaxMost = 0x7fff'ffff;

// Default of --rows_max. A column of that many empty rows is 64 MB of offsets.
inline constexpr uint64_t kRowsMax = 16ull << 20;

// Columns of one call. No kernel takes nearly as many, and an empty one, two bytes of a request,
// takes a hundred here.
inline constexpr size_t kColumnsMax = 64;

// Buffers in shared memory that the views of one column point into: each takes a hundred bytes here
// before anything is known of it. A column has one for some megabytes of text.
inline constexpr int kViewBufferSpansMax = 4096;

// Units of one text: lengths and edit distances of it fit an int32.
inline constexpr uint64_t kTextUnitsMax = 0x7fff'ffff;

// The largest reply of a unary call. Protobuf's own limit is 2 GiB; a million F(10^7) would be
// 868 GB. Streams have no such limit, only their blocks'.
inline constexpr uint64_t kResultBytesMax = 1ull << 30;

// A block of a streamed reply, and how many are computed before the reader has taken them: 1 MB is
// where throughput levels off, and two keep the workers busy while one is being written.
inline constexpr size_t kStreamBlockBytes = 1 << 20;
inline constexpr size_t kStreamBlocksAhead = 2;

// How much of Cdist, TopK and Join is a block. Work: some tasks, so that a reply's beginning comes
// soon and a lost connection loses little, yet a message of few matches is worth the half of a
// millisecond that reading it takes a client in Python, of a core that a worker may want.
// Results: enough of a wide matrix for queries to be compared many at a time. And blocks ahead: as
// many as workers and one, but not so many that a large machine's every call holds a gigabyte.
inline constexpr size_t kCrossBlockTasks = 4;
inline constexpr uint64_t kCrossBlockCostNs = kCrossBlockTasks * kTaskCostNs;
inline constexpr uint64_t kCrossBlockBytes = 8ull << 20;
inline constexpr size_t kCrossBlocksAheadMax = 16;

// Queries that a task of these should have, unless it then took longer than the last. They are
// compared side by side in a vector's lanes, by size: of 512 words a score takes half of what it
// does of 128. For the best few they mostly go one by one, and for matches some dozens at a time.
inline constexpr size_t kCdistTaskQueries = 512;
inline constexpr size_t kTopKTaskQueries = 32;
inline constexpr size_t kJoinTaskQueries = 128;
// Calls of fewer queries than so many a worker are cut by their choices, too, where there are
// enough for that: by queries alone, the workers would not be done at about the same time.
inline constexpr size_t kShardedQueries = 4;
// Calls of Cdist with fewer queries than so many a worker are cut by blocks of choices instead,
// where each worker has one: a vector has lanes for 64 queries, and with fewer in it takes as long.
inline constexpr size_t kLaneQueries = 64;
// Parts that these are cut into at most.
inline constexpr size_t kChoicePartsMax = 64;
inline constexpr uint64_t kCrossTaskCostNsMax = 20 * kTaskCostNs;

// TopK's k where none is given, as in RapidFuzz.
inline constexpr size_t kTopKDefault = 5;

// Status text: it travels in a header, and proxies refuse header blocks over 8 KiB or so; the
// details take as much again in base64.
inline constexpr size_t kStatusTextBytes = 2048;

// What a client may put in x-request-id, which is echoed.
inline constexpr size_t kRequestIdBytes = 128;

// ---- Kernels ----

// Default of --fibonacci_n_max: F(10^9) has 87 MB and takes some ten seconds on one core.
inline constexpr uint64_t kFibonacciNMax = 1'000'000'000;

// Its most: F(n) has 870 MB, under kResultBytesMax.
inline constexpr uint64_t kFibonacciNMaxMost = 10'000'000'000;

// ---- Connections ----

// Calls at once on one connection; further ones wait in the client. Bounds what a connection can
// make the server hold before any handler runs.
inline constexpr int kStreamsMax = 1024;

// Connections that wait to be accepted; the kernel has a bound of its own, mostly the same.
inline constexpr int kListenBacklog = 4096;

// Default of --connections_max, where descriptors allow: each takes one, and some 50 KB. And what
// is left of them for everything else: regions, logs, pages.
inline constexpr size_t kConnectionsMax = 4096;
inline constexpr size_t kOtherDescriptors = 512;

// Descriptors that the process may have, if its hard limit allows: more than all bounds here need.
inline constexpr uint64_t kDescriptorsMax = 65'536;

// Default of --connections_per_peer_max, as a part of all: no host locks out the others.
inline constexpr size_t kConnectionsPeerShare = 2;

// How long a connection may take until it speaks HTTP/2 (and TLS): who only holds it open loses it.
inline constexpr int kHandshakeTimeoutMs = 10'000;

// Default of --connection_age_grace_s: what calls get to end on a connection that is to go. A
// matrix may take as long.
inline constexpr int64_t kConnectionAgeGraceS = 3'600;

// gRPC's threads that poll are one more where those that do have worked over this part of a window,
// and one less where one has worked under that: two that share what kept one busy stay two.
inline constexpr int64_t kPollerWindowNs = 10'000'000;
inline constexpr double kPollerBusyPart = 0.75;
inline constexpr double kPollerIdlePart = 0.25;

// How long the acceptor waits where there is not even a descriptor to refuse a connection with.
inline constexpr int kDescriptorPauseMs = 1;

// How often the log says that connections are being refused.
inline constexpr int64_t kRefusalLogPauseMs = 10'000;

// A client may ping this often (grpc-go's and grpc-java's least setting; gRPC's default here is
// five minutes, and then clients with keepalive set are sent away with too_many_pings).
inline constexpr int kPingIntervalLeastMs = 10'000;

// A connection that is silent for so long is asked for a sign of life, and closed without one: a
// client whose machine vanished is not to hold its calls' memory for TCP's two hours.
inline constexpr int kKeepaliveMs = 60'000;
inline constexpr int kKeepaliveTimeoutMs = 20'000;

// gRPC's metadata for one call, its default; named so that the limit is ours to test.
inline constexpr int kMetadataBytes = 8 * 1024;

// Bytes of a block of headers in several frames that has not ended: over it the connection does.
// Each frame counts as some, since what has come before is read anew for it.
inline constexpr size_t kHeaderBlockBytes = 64 * 1024;
inline constexpr size_t kHeaderFrameBytes = 1024;

// The socket beside a unix socket, over which clients share memory, has its path and this. Where
// that is longer than sun_path holds, there is none.
inline constexpr char kRegionSocketSuffix[] = ".memory";
inline constexpr size_t kRegionSocketPathBytes = 107;

// Connections over which clients share memory, and the regions of one and of all: each holds a
// descriptor, of which a process may have 1,024 by default. Who gets none sends its columns. A verb
// has three calls under way, and a program a few threads.
inline constexpr size_t kRegionConnectionsMax = 64;
inline constexpr size_t kRegionsPerConnectionMax = 16;
inline constexpr size_t kRegionsMax = 256;

// Bytes of one region: the largest request by default, and as much again for results twice over.
inline constexpr uint64_t kRegionBytesMax = 4 * kRequestBytesMax;

// How soon a certificate or a token that has changed on disk counts: soon enough for whoever
// rotates them by hand and looks on, at the cost of a look at the file.
inline constexpr unsigned kTlsCheckSeconds = 5;
inline constexpr int64_t kTokensCheckMs = 1'000;

// Tokens of --tokens_file: shorter ones can be guessed, longer ones do not fit a call's metadata.
// Each call's is compared with every one of them, at a nanosecond or two.
inline constexpr size_t kTokenBytesMin = 16;
inline constexpr size_t kTokenBytesMax = 4096;
inline constexpr size_t kTokensMax = 1000;
inline constexpr size_t kTokenFileBytesMax = 1 << 20;

// How long --healthcheck waits: under the three seconds or so that orchestrators give a probe.
inline constexpr int64_t kHealthcheckTimeoutMs = 2'000;

// sockaddr_un.sun_path less its terminating zero is 107 bytes; macOS has 103, and a path that
// works on one host is to work on all.
inline constexpr size_t kUnixPathBytes = 103;

// ---- Memory ----

// Default of --memory_ceiling_mb, unless three quarters of the cgroup's limit are less. Half of it
// is gRPC's, as a hard limit: what has arrived and no handler has seen yet. The other half is the
// budget of admitted calls: requests, prepared tables, results. Beyond both is what running tasks
// work with, which no reservation counts: for a pair of long texts up to some 50 bytes a unit, in
// each worker. And a repeated text's tables are reserved when they have been made.
inline constexpr uint64_t kMemoryCeilingMb = 2048;

// Default of --choices_cache_mb, as a part of the budget: what calls need now goes first, but many
// do little else than to ask of the same choices.
inline constexpr uint64_t kChoicesCacheShare = 2;

// Memory of requests that is kept for the next ones, a quarter of the budget at most: two of the
// largest requests, since two are decoded at a time on a small machine.
inline constexpr uint64_t kIdleBufferBytes = 2 * kRequestBytesMax;

// What clients' regions may take of the budget, as its parts: they are held whether calls use them
// or not, and three quarters are left for calls.
inline constexpr uint64_t kRegionBudgetParts = 4;

// How long the workers have had nothing to do when memory that is free goes back to the system: a
// task of the next call would have it at once, and else takes a few milliseconds to get it.
inline constexpr int64_t kRestMs = 5'000;

// How long a client that was refused for memory or load is asked to wait.
inline constexpr int64_t kRetryDelayMs = 100;

// ---- Stopping ----

// Default of --lame_duck_ms: health says NOT_SERVING while calls are still taken, so that a
// balancer that polls every few seconds stops sending before connections are closed.
inline constexpr int64_t kLameDuckMs = 1'000;

// Default of --drain_timeout_ms: under Kubernetes' default grace of 30 s.
inline constexpr int64_t kDrainTimeoutMs = 25'000;

// ---- The log ----

// How long a call's line may wait for others to be written with: less than anybody who looks on
// sees, and at 50,000 calls a second a thousand lines for one system call.
inline constexpr int64_t kLogDelayMs = 20;

// Or until there is so much to write.
inline constexpr size_t kLogBatchBytes = 256 * 1024;

// Lines of calls that wait for a slow reader of the log. More are left out, and counted: half a
// second of all that two cores can do.
inline constexpr size_t kLogBufferBytes = 8 * 1024 * 1024;

}  // namespace kernelserve::server

#endif  // KERNELSERVE_SERVER_LIMITS_H_
