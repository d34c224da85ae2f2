//! The report as one page that needs nothing else: the matrix of orgs and checks, filters, and for every org that
//! needs attention its causes, remedies and pages. It prints well, and carries no script but its own filter.

use super::{Entry, counted, logins, symbol, total_ms, word};
use crate::protocol::types::{CheckResult, CheckStatus};
use crate::time::Timestamp;
use crate::verify::checks::CHECKS;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "
:root{color-scheme:light dark;--ok:#1a7f37;--warn:#9a6700;--bad:#cf222e;--dim:#8b949e;--line:#8884;--soft:#8881}
body{font:14px/1.45 system-ui,sans-serif;margin:1.5rem auto;padding:0 1rem;max-width:90rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.4rem 0}
.sums{display:flex;gap:.6rem;flex-wrap:wrap;margin:1rem 0}
.sums label{border:1px solid var(--line);border-radius:.5rem;padding:.35rem .8rem;cursor:pointer}
.sums b{font-size:1.1rem}
input[type=search]{font:inherit;padding:.35rem .6rem;border:1px solid var(--line);border-radius:.5rem;min-width:16rem;background:transparent;color:inherit}
.matrix{overflow-x:auto;border:1px solid var(--line);border-radius:.5rem}
table{border-collapse:collapse;width:100%}
thead th{vertical-align:bottom;height:10.5rem;padding:0 .2rem .4rem;font-weight:500}
thead th:first-child{text-align:left;padding-left:.7rem}
thead th span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;font-size:.85rem}
tbody th{text-align:left;font-weight:600;padding:.2rem .7rem;white-space:nowrap}
tbody th small{font-weight:400;color:var(--dim);margin-left:.6rem}
td{text-align:center;padding:.2rem;min-width:1.5rem}
tbody tr{border-top:1px solid var(--line);content-visibility:auto}
tbody tr:hover{background:var(--soft)}
.pass{color:var(--ok)}.warn{color:var(--warn);font-weight:700}.fail{color:var(--bad);font-weight:700}.skip{color:var(--dim)}
article{border:1px solid var(--line);border-left:4px solid var(--bad);border-radius:.5rem;padding:.6rem 1rem;margin:.7rem 0;content-visibility:auto;contain-intrinsic-size:auto 12rem}
article.warned{border-left-color:var(--warn)}
article h3{margin:.2rem 0;font-size:1rem}article h4{margin:.7rem 0 .2rem;font-size:.95rem}
ol{margin:.2rem 0 .4rem;padding-left:1.4rem}code{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere}
.none{color:var(--dim)}[hidden]{display:none!important}
@media print{.controls{display:none}.matrix{overflow:visible;border:0}article{break-inside:avoid}tr{break-inside:avoid}body{max-width:none;font-size:10px;margin:0}tbody tr,article{content-visibility:visible}}
";

const SCRIPT: &str = "
const words=document.getElementById('words'),kinds=[...document.querySelectorAll('[name=kind]')],
rows=[...document.querySelectorAll('[data-org]')],count=document.getElementById('count');
function filter(){const w=words.value.toLowerCase().trim(),k=kinds.find(k=>k.checked).value;let n=0;
for(const r of rows){const show=(k==='all'||r.dataset.kind===k)&&r.dataset.words.includes(w);
r.hidden=!show;if(show&&r.tagName==='TR')n++}
count.textContent=n+' shown'}
words.addEventListener('input',filter);kinds.forEach(k=>k.addEventListener('change',filter));filter();
";

/// The page about all orgs, made at this moment.
pub(in crate::cli) fn page(entries: &[Entry], now: Timestamp) -> String {
    let of_kind = |wanted| entries.iter().filter(|entry| kind(entry) == wanted).count();
    let sums = [
        ("all", "all", entries.len()),
        ("fail", "✘ not ok", of_kind("fail")),
        ("warn", "▲ with warnings", of_kind("warn")),
        ("pass", "✔ ok", of_kind("pass")),
    ];
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
                meta name="referrer" content="no-referrer";
                title { "Salesforce connections: " (of_kind("fail")) " of " (entries.len()) " not ok" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Salesforce connections" }
                p { "verified by sf-jwt " (env!("CARGO_PKG_VERSION")) " at " time { (now) } " with " (counted(logins(entries))) }
                div.controls {
                    div.sums role="radiogroup" aria-label="which orgs to show" {
                        @for (value, title, count) in sums {
                            label {
                                input type="radio" name="kind" value=(value) checked[value == "all"];
                                " " b class=(value) { (count) } " " (title)
                            }
                        }
                    }
                    p {
                        input #words type="search" placeholder="org, user, host, check or reason" aria-label="filter";
                        " " span #count aria-live="polite" {}
                    }
                }
                div.matrix {
                    table {
                        thead { tr {
                            th scope="col" { "org" }
                            @for check in CHECKS { th scope="col" title=(check.about) { span { (check.id) } } }
                        } }
                        tbody { @for (number, entry) in entries.iter().enumerate() { (row(number, entry)) } }
                    }
                }
                p.none { "✔ pass  ▲ warn  ✘ fail  · skip" }
                h2 { "What needs attention" }
                @if of_kind("pass") == entries.len() { p.none { "nothing" } }
                @for (number, entry) in entries.iter().enumerate() {
                    @if kind(entry) != "pass" { (story(number, entry)) }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// How an org is counted.
fn kind(entry: &Entry) -> &'static str {
    match (entry.is_fine(), entry.is_warned()) {
        (false, _) => "fail",
        (true, true) => "warn",
        (true, false) => "pass",
    }
}

/// What the filter looks at, in lower case.
fn words(entry: &Entry) -> String {
    let mut words = vec![entry.name.as_str()];
    match &entry.outcome {
        Ok(result) => {
            words.extend(result.username.as_deref());
            words.extend(result.login_url.as_deref());
            for check in result.checks.iter().filter(|c| matches!(c.status, CheckStatus::Fail | CheckStatus::Warn)) {
                words.push(&check.id);
                words.extend(check.reason.as_deref());
            }
        }
        Err(error) => words.push(error.reason().code()),
    }
    words.join(" ").to_lowercase()
}

fn row(number: usize, entry: &Entry) -> Markup {
    let kind = kind(entry);
    html! {
        tr data-org data-kind=(kind) data-words=(words(entry)) {
            th scope="row" {
                @if kind == "pass" { (entry.name) } @else { a href={ "#org-" (number) } { (entry.name) } }
                @if let Ok(result) = &entry.outcome { small { (total_ms(result)) " ms" } }
            }
            @match &entry.outcome {
                Ok(result) => @for check in CHECKS {
                    @match result.checks.iter().find(|found| found.id == check.id) {
                        Some(found) => td class=(word(found.status)) title={ (found.id) ": " (word(found.status)) ", " (found.detail) } {
                            (symbol(found.status))
                        },
                        None => td {},
                    }
                },
                Err(error) => td.fail colspan=(CHECKS.len()) { "✘ " (error.message()) },
            }
        }
    }
}

fn story(number: usize, entry: &Entry) -> Markup {
    html! {
        article #{ "org-" (number) } .warned[kind(entry) == "warn"] data-org data-kind=(kind(entry)) data-words=(words(entry)) {
            h3 { (entry.name) }
            @match &entry.outcome {
                Ok(result) => {
                    p.none {
                        @if let Some(username) = &result.username { (username) " " }
                        @if let Some(url) = &result.login_url { "at " (url) }
                    }
                    @for check in result.checks.iter().filter(|c| matches!(c.status, CheckStatus::Fail | CheckStatus::Warn)) {
                        (finding(check))
                    }
                    @for warning in &result.warnings { p { span.warn { "▲" } " " (warning.message) } }
                },
                Err(error) => {
                    p { span.fail { "✘" } " " (error.message()) " " code { (error.reason().code()) } }
                    @if let Some(hint) = &error.details().hint { p { b { "Do: " } (hint) } }
                },
            }
        }
    }
}

fn finding(check: &CheckResult) -> Markup {
    html! {
        h4 { span class=(word(check.status)) { (symbol(check.status)) " " (word(check.status)) } " " (check.title) " " code { (check.id) } }
        p { (check.detail) @if let Some(reason) = &check.reason { " " code { (reason) } } }
        @if !check.causes.is_empty() {
            p { b { "Likely causes, most likely first" } }
            ol { @for cause in &check.causes { li { (cause) } } }
        }
        @if let Some(remedy) = &check.remedy { p { b { "Do: " } (remedy) } }
        @if !check.links.is_empty() {
            p {
                b { "Open: " }
                @for (number, link) in check.links.iter().enumerate() {
                    @if number > 0 { " · " }
                    @match link.url.as_deref().filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
                        Some(url) => a href=(url) rel="noreferrer noopener" { (link.title) },
                        None => { (link.title) " " code { (link.path) } },
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_page_needs_nothing_else_and_nothing_breaks_out() {
        let entries = [samples::fine("a<b>"), samples::failing("bb"), samples::unknown("c")];
        let page = page(&entries, Timestamp(0));
        assert!(page.contains("a&lt;b&gt;") && !page.contains("<script>alert"), "{page}");
        assert!(page.contains(r#"href="https://acme.my.salesforce.com/p?a=1&amp;b=2""#), "{page}");
        assert!(!page.contains("href=\"javascript:"), "{page}");
        for outside in ["src=", "@import", "url(", "<link"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert_eq!(page.matches("<tr data-org").count(), 3);
        assert_eq!(page.matches("<article").count(), 3);
    }
}
