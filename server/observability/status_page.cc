#include "server/observability/status_page.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "kernels/catalog.h"
#include "server/method.h"

namespace kernelserve::server {
namespace {

constexpr absl::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>Kernelserve</title>
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --bad: #c33; --good: #2a7d46; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 64rem; padding: 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p { margin: .25rem 0; }
.state { border-radius: 1rem; color: #fff; font-size: .8rem; padding: .15rem .7rem; }
.state { vertical-align: middle; }
.serving { background: var(--good); }
.draining { background: var(--bad); }
.figures { display: grid; gap: .6rem; margin: 1rem 0 0; }
.figures { grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
.figures div { background: var(--soft); border: 1px solid var(--line); border-radius: .5rem; }
.figures div { padding: .5rem .7rem; }
.figures dt { font-size: .8rem; opacity: .75; }
.figures dd { font-size: 1.2rem; font-variant-numeric: tabular-nums; margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; }
th, td { text-align: right; white-space: nowrap; }
th:first-child, td:first-child, .text { text-align: left; }
td.message { min-width: 16rem; text-align: left; white-space: normal; }
td.message, .errors code { overflow-wrap: anywhere; }
th { font-size: .8rem; font-weight: 600; opacity: .75; }
.bad { color: var(--bad); font-weight: 600; }
code { font-size: .85em; }
ul { columns: 15rem; column-gap: 2rem; font-size: .9rem; margin: 0; padding-left: 1.2rem; }
ul { overflow-wrap: anywhere; }
@media (max-width: 36rem) {
  th, td { font-size: .85rem; padding: .3rem .2rem; }
  .errors, .errors tbody { display: block; }
  .errors tr:first-child { display: none; }
  .errors tr { border-bottom: 1px solid var(--line); display: block; padding: .3rem 0; }
  .errors td { border: 0; display: inline; }
  .errors td.message { display: block; }
}
</style>
</head>
<body>
)";

std::string BytesText(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? absl::StrFormat("%d B", bytes)
                   : absl::StrFormat("%.*f %s", value < 10 ? 1 : 0, value, kUnits[unit]);
}

// 16777216 as "16,777,216".
std::string Grouped(uint64_t number) {
  std::string text = absl::StrCat(number);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string Seconds(double seconds) {
  if (seconds <= 0) return "–";
  if (seconds < 1e-3) return absl::StrFormat("%.0f µs", seconds * 1e6);
  if (seconds < 1) return absl::StrFormat("%.3g ms", seconds * 1e3);
  return absl::StrFormat("%.3g s", seconds);
}

std::string Ago(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration);
  if (seconds < 120) return absl::StrCat(seconds, " s");
  if (seconds < 7200) return absl::StrCat(seconds / 60, " min");
  if (seconds < 172'800) return absl::StrCat(seconds / 3600, " h");
  return absl::StrCat(seconds / 86'400, " days");
}

void AppendFigures(std::initializer_list<std::pair<absl::string_view, std::string>> figures,
                   std::string* page) {
  absl::StrAppend(page, "<dl class=\"figures\">\n");
  for (const auto& [name, value] : figures) {
    absl::StrAppend(page, "<div><dt>", name, "</dt><dd>", HtmlText(value), "</dd></div>\n");
  }
  absl::StrAppend(page, "</dl>\n");
}

void AppendCalls(const CallMetrics& metrics, std::string* page) {
  absl::StrAppend(page,
                  "<h2>Calls</h2>\n<div class=\"wide\"><table>\n<tr><th>method</th><th>calls</th>"
                  "<th>in flight</th><th>failed</th><th>median</th><th>99 %</th></tr>\n");
  bool any = false;
  for (size_t i = 0; i < kMethods; ++i) {
    const auto method = static_cast<Method>(i);
    const CallMetrics::Totals totals = metrics.TotalsOf(method);
    if (totals.started == 0) continue;
    any = true;
    const absl::string_view name = MethodName(method);
    absl::StrAppend(page, "<tr><td>", name.substr(name.find('/') + 1), "</td><td>",
                    Grouped(totals.started), "</td><td>", Grouped(totals.in_flight), "</td><td",
                    totals.failed > 0 ? " class=\"bad\"" : "", ">", Grouped(totals.failed),
                    "</td><td>", Seconds(totals.p50_seconds), "</td><td>",
                    Seconds(totals.p99_seconds), "</td></tr>\n");
  }
  if (!any) absl::StrAppend(page, "<tr><td colspan=\"6\">none yet</td></tr>\n");
  absl::StrAppend(page, "</table></div>\n");
}

void AppendErrors(const RecentErrors& errors, std::string* page) {
  absl::StrAppend(page, "<h2>Last errors</h2>\n");
  const std::vector<RecentErrors::Error> latest = errors.Latest();
  if (latest.empty()) {
    absl::StrAppend(page, "<p>None since the start.</p>\n");
    return;
  }
  absl::StrAppend(
      page,
      "<div class=\"wide\"><table class=\"errors\">\n<tr><th>ago</th><th class=\"text\">method</th>"
      "<th class=\"text\">reason</th><th class=\"text\">message</th>"
      "<th class=\"text\">request</th></tr>\n");
  for (const RecentErrors::Error& error : latest) {
    const absl::string_view name = MethodName(error.method);
    absl::StrAppend(
        page, "<tr><td>", Ago(absl::Now() - absl::FromChrono(error.time)),
        "</td><td class=\"text\">", name.substr(name.find('/') + 1), "</td><td class=\"text\">",
        HtmlText(error.reason), "</td><td class=\"message\">", HtmlText(error.message),
        "</td><td class=\"text\"><code>", HtmlText(error.request_id), "</code></td></tr>\n");
  }
  absl::StrAppend(page, "</table></div>\n");
}

void AppendLimits(const v1::Limits& limits, std::string* page) {
  absl::StrAppend(page, "<h2>Limits</h2>\n");
  AppendFigures({{"bytes of a request", BytesText(limits.request_bytes_max())},
                 {"rows of a call", Grouped(limits.rows_max())},
                 {"bytes of a reply", BytesText(limits.result_bytes_max())},
                 {"calls of a connection", absl::StrCat(limits.streams_max())}},
                page);
}

// Metrics with their forms: "levenshtein: distance, similarity, …".
void AppendKernels(std::string* page) {
  std::map<std::string, std::string> forms;
  for (const Kernel& kernel : Catalog()) {
    const size_t dot = kernel.name.find('.');
    std::string& list = forms[kernel.name.substr(0, dot)];
    if (dot == kernel.name.npos) continue;
    absl::StrAppend(&list, list.empty() ? "" : ", ", kernel.name.substr(dot + 1));
  }
  absl::StrAppend(page, "<h2>Kernels</h2>\n<ul>\n");
  for (const auto& [name, list] : forms) {
    absl::StrAppend(page, "<li><b>", name, "</b>", list.empty() ? "" : ": ", list, "</li>\n");
  }
  absl::StrAppend(page, "</ul>\n");
}

}  // namespace

std::string HtmlText(absl::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '&':
        html += "&amp;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string StatusPage(const v1::GetServerInfoResponse& info, const ServerFigures& figures,
                       const CallObserver& observer) {
  std::string page(kHead);
  absl::StrAppend(&page, "<h1>Kernelserve ", HtmlText(info.version()), " <span class=\"state ",
                  figures.serving ? "serving\">serving" : "draining\">draining",
                  "</span></h1>\n<p>instance <code>", HtmlText(info.instance_id()), "</code> · ",
                  HtmlText(info.simd_target()), " · ", HtmlText(info.build()),
                  " · <a href=\"/metrics\">metrics</a></p>\n");
  const ProcessFigures& process = figures.process;
  const absl::Duration up = absl::Now() - absl::UnixEpoch() - absl::Seconds(process.start_seconds);
  AppendFigures(
      {{"up for", Ago(up)},
       {"workers busy", absl::StrCat(figures.workers_busy, " of ", figures.workers)},
       {"calls on the pool", absl::StrCat(figures.jobs)},
       {"clients at work", absl::StrCat(figures.flows)},
       {"budget in use",
        absl::StrCat(BytesText(figures.memory_bytes), " of ", BytesText(figures.memory_bytes_max))},
       {"choices kept", BytesText(figures.choices_bytes)},
       {"resident memory", BytesText(process.resident_bytes)},
       {"processor time", Seconds(process.cpu_seconds)},
       {"connections", Grouped(figures.connections)},
       {"threads", absl::StrCat(process.threads)},
       {"descriptors", absl::StrCat(process.open_descriptors, " of ", process.descriptors_max)}},
      &page);
  AppendCalls(observer.metrics(), &page);
  AppendErrors(observer.errors(), &page);
  AppendLimits(info.limits(), &page);
  AppendKernels(&page);
  absl::StrAppend(&page, "</body>\n</html>\n");
  return page;
}

}  // namespace kernelserve::server
