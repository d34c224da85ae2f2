//! What all pages share. No scripts, nothing from elsewhere.

use crate::app::setup_page::SetupPage;
use crate::emulator::call::Reply;
use crate::emulator::world::Org;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Nothing may be loaded, run or framed, and forms go to the same origin only.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8888; --brand: #0b5cab; --soft: #8881 }
@media (prefers-color-scheme: dark) { :root { --brand: #78b0fd } }
* { box-sizing: border-box }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif }
header, main, footer { max-width: 60rem; margin: 0 auto; padding: .75rem 1rem }
header { border-bottom: 1px solid var(--line) }
header p { margin: 0 }
footer { margin-top: 2rem; border-top: 1px solid var(--line); font-size: .875rem }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; margin: .5rem 0 0; list-style: none }
h1 { font-size: 1.5rem; margin: 1rem 0 } h2 { font-size: 1.15rem; margin: 1.75rem 0 .5rem }
a { color: var(--brand) }
code { overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .25rem 1rem; margin: 0 }
dt { font-weight: 600 } dd { margin: 0 }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top }
label { display: block; font-weight: 600; margin: .75rem 0 .25rem }
label.choice { font-weight: normal; margin: .25rem 0 }
select, input[type=text], textarea { font: inherit; padding: .4rem; min-width: 22rem; max-width: 100% }
textarea { width: 100%; font-family: monospace; font-size: .875rem }
fieldset { border: 1px solid var(--line); border-radius: .25rem; margin: .75rem 0; padding: .5rem 1rem 1rem }
button, a.button { display: inline-block; font: inherit; padding: .4rem 1rem; border: 1px solid var(--brand); border-radius: .25rem; text-decoration: none; background: none; color: var(--brand); cursor: pointer; margin: .75rem .5rem 0 0 }
button.main { background: var(--brand); color: Canvas }
:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px }
.notice { border-left: 4px solid var(--brand); background: var(--soft); padding: .5rem 1rem; margin: 1rem 0 }
form.inline { display: inline }
";

/// One page.
pub(super) struct Page<'a> {
    /// The org whose page it is.
    pub(super) org: Option<&'a Org>,
    pub(super) title: &'a str,
    /// What a form just did, or why it did not.
    pub(super) notice: Option<&'a str>,
}

/// The pages that every page links to.
const NAVIGATION: [SetupPage; 8] = [
    SetupPage::Home,
    SetupPage::AppManager,
    SetupPage::ManageConnectedApps,
    SetupPage::ExternalClientAppManager,
    SetupPage::PermissionSets,
    SetupPage::Users,
    SetupPage::LoginHistory,
    SetupPage::MyDomain,
];

impl Page<'_> {
    /// The page as a reply.
    pub(super) fn reply(self, status: u16, content: Markup) -> Reply {
        let org = self.org.map(|org| org.label.as_str());
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) @if let Some(org) = org { " | " (org) } }
                    link rel="icon" href="data:,";
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        p { strong { (org.unwrap_or("Login host")) } " — emulated; you are its administrator" }
                        @if self.org.is_some() {
                            nav aria-label="Setup" {
                                ul { @for page in NAVIGATION { li { a href=(page.path()) { (page.title()) } } } }
                            }
                        }
                    }
                    main {
                        h1 { (self.title) }
                        @if let Some(notice) = self.notice { p.notice role="status" { (notice) } }
                        (content)
                    }
                    footer { "This is the org emulator of sf-jwt on this machine. It is not Salesforce." }
                }
            }
        };
        Reply::html(status, page.into_string())
            .header("Content-Security-Policy", POLICY)
            .header("Referrer-Policy", "same-origin")
            .header("X-Content-Type-Options", "nosniff")
            .header("Cache-Control", "no-store")
    }
}

/// A page that is not there.
pub(super) fn not_found(org: Option<&Org>) -> Reply {
    let content = html! { p { "The emulator has no such page." } @if org.is_some() { p { a href="/" { "Setup" } } } };
    Page { org, title: "Page not found", notice: None }.reply(404, content)
}

/// One choice among checkboxes.
pub(super) struct Choice<'a> {
    pub(super) value: &'a str,
    pub(super) label: &'a str,
    pub(super) chosen: bool,
}

/// A form of checkboxes that all send the field `chosen`.
pub(super) fn checkboxes(legend: &str, none: &str, choices: &[Choice<'_>]) -> Markup {
    html! {
        form method="post" {
            fieldset {
                legend { (legend) }
                @for choice in choices {
                    label.choice {
                        input type="checkbox" name="chosen" value=(choice.value) checked[choice.chosen];
                        " " (choice.label)
                    }
                }
                @if choices.is_empty() { p { (none) } }
            }
            button.main type="submit" { "Save" }
        }
    }
}
