//! What stands beside the flags: variables, exit codes and files, once for the long help and for the manual page,
//! and that page, with every command in it.

use super::{Context, Exit, exec};
use crate::error::{EXIT_NEGATIVE_RESULT, Error, Kind, Reason, Result};
use crate::ops::orgs::gather::CONFIG_VARIABLE;
use crate::org::field::Field;
use crate::org::lookup::{ORG_VARIABLE, PRIVATE_KEY_VARIABLE};
use clap_mangen::Man;

/// A name and what it means.
type Row = (String, String);

/// The variables that are read. Only their names are ever shown.
fn variables() -> Vec<Row> {
    let of_connection =
        Field::ALL.iter().filter_map(|field| Some((field.variable()?, format!("as --{}", field.name()))));
    let named = [(ORG_VARIABLE, "as --org".to_owned())].into_iter().chain(of_connection);
    let others = [
        (PRIVATE_KEY_VARIABLE, "the private key itself, in PEM"),
        (CONFIG_VARIABLE, "as --config"),
        ("SF_JWT_STATE_DIR", "as --state-dir"),
        ("HTTPS_PROXY, NO_PROXY", "the HTTP proxy, and the hosts that need none"),
        ("NO_COLOR", "no colour"),
    ];
    named
        .chain(others.map(|(name, meaning)| (name, meaning.to_owned())))
        .map(|(name, meaning)| (name.to_owned(), meaning))
        .collect()
}

/// The exit codes, in order.
fn exit_codes() -> Vec<Row> {
    let of_kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Protocol);
    let mut codes: Vec<_> = of_kinds.map(|kind| (kind.exit_code(), kind.meaning().to_owned())).collect();
    codes.push((0, "done".to_owned()));
    codes.push((
        EXIT_NEGATIVE_RESULT,
        "a negative result: a connection that is not ok, an audit with an error".to_owned(),
    ));
    codes.push((exec::FAILED, "exec: our own failure; 126 and 127 as in shells; else the command's own".to_owned()));
    codes.sort();
    codes.into_iter().map(|(code, meaning)| (code.to_string(), meaning)).collect()
}

/// The files, as the contract of configuration and cache has them.
fn files() -> Vec<Row> {
    [
        (
            "$XDG_CONFIG_HOME/sf-jwt/orgs.toml",
            "the configured orgs; elsewhere ~/.config, ~/Library/Application Support or %APPDATA%",
        ),
        (
            "$XDG_RUNTIME_DIR/sf-jwt",
            "cached tokens, each until it expires; elsewhere /dev/shm or the platform's state folder",
        ),
        ("~/.sfdx, ~/.sf", "the Salesforce CLI's orgs, which are read and never written"),
    ]
    .map(|(name, meaning)| (name.to_owned(), meaning.to_owned()))
    .to_vec()
}

/// What the variables have in common.
const PRECEDENCE: &str = "Flags come first. No variable changes an org that --org or SF_JWT_ORG names.";

/// The end of the long help.
pub(super) fn after_help(program: &str) -> String {
    let list =
        |rows: Vec<Row>| rows.iter().map(|(name, meaning)| format!("  {name:<22} {meaning}\n")).collect::<String>();
    format!(
        "Environment:\n{}  {PRECEDENCE}\n\nExit codes:\n{}\n{}",
        list(variables()),
        list(exit_codes()),
        invitation(program)
    )
}

/// The last line of help.
pub(super) fn invitation(program: &str) -> String {
    format!("Try `{program} demo` for the whole story on an emulated org, with nothing to configure.")
}

/// Prints the manual page in roff, for `man -l -`.
pub(super) fn run(context: &Context) -> Result<Exit> {
    let page = page().map_err(|e| Error::new(Reason::Internal, "the manual page could not be made").because(e))?;
    context.console.bytes(page.as_bytes())?;
    Ok(0)
}

fn page() -> std::io::Result<String> {
    let command = super::command("sf-jwt");
    let man = Man::new(command.clone());
    // not the title that clap_mangen makes: its empty date is no argument, so that the version would be taken for it
    let mut page = format!(".TH sf\\-jwt 1 \"\" \"sf\\-jwt {}\" \"User Commands\"\n", env!("CARGO_PKG_VERSION"));
    page += ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";
    page += &section(&man, Man::render_name_section)?;
    page += ".SH SYNOPSIS\n\\fBsf\\-jwt\\fR [\\fIoptions\\fR] \\fIcommand\\fR\n.SH COMMANDS\n";
    for subcommand in command.get_subcommands() {
        add_command(&mut page, "sf-jwt", subcommand)?;
    }
    page += &section(&man, Man::render_options_section)?;
    for (title, rows, remark) in
        [("ENVIRONMENT", variables(), PRECEDENCE), ("EXIT STATUS", exit_codes(), ""), ("FILES", files(), "")]
    {
        page += &format!(".SH \"{title}\"\n");
        for (name, meaning) in rows {
            page += &format!(".TP\n\\fB{}\\fR\n{}\n", escaped(&name), escaped(&meaning));
        }
        if !remark.is_empty() {
            page += &format!(".PP\n{}\n", escaped(remark));
        }
    }
    Ok(in_ascii(&page))
}

/// A command as a subsection: how it is called, what it does, its own options. Of one with verbs, the verbs.
fn add_command(page: &mut String, parent: &str, command: &clap::Command) -> std::io::Result<()> {
    let name = format!("{parent} {}", command.get_name());
    if command.has_subcommands() {
        return command.get_subcommands().try_for_each(|verb| add_command(page, &name, verb));
    }
    let man = Man::new(command.clone().bin_name(&name).disable_help_flag(true));
    *page += &format!(".SS \"{}\"\n", escaped(&name));
    let parts = [Man::render_synopsis_section, Man::render_description_section, Man::render_options_section];
    for part in parts {
        for line in section(&man, part)?.lines() {
            match line.strip_prefix(".SH ") {
                // the parts of a subsection have no titles, but for the groups of options
                Some("SYNOPSIS" | "OPTIONS") => {}
                Some("DESCRIPTION") => *page += ".PP\n",
                Some(group) => *page += &format!(".PP\n{}:\n", group.trim_matches('"')),
                None => *page += &format!("{line}\n"),
            }
        }
    }
    if let Some(more) = command.get_after_long_help() {
        *page += &format!(".PP\n.nf\n{}\n.fi\n", escaped(more.to_string().trim_end()));
    }
    Ok(())
}

fn section(man: &Man, render: fn(&Man, &mut dyn std::io::Write) -> std::io::Result<()>) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    render(man, &mut bytes)?;
    // every part begins with the same definition of the apostrophe, which the page has once
    Ok(String::from_utf8_lossy(&bytes)
        .lines()
        .filter(|line| !line.contains(".ds Aq"))
        .map(|line| format!("{line}\n"))
        .collect())
}

/// What is not ASCII, by its number: without a preprocessor, troff takes bytes for characters.
fn in_ascii(page: &str) -> String {
    let written = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\[u{:04X}]", u32::from(c)) };
    page.chars().map(written).collect()
}

/// Text in roff: a backslash begins an escape, a bare hyphen may be broken after, a dot or an apostrophe that begins a
/// line is a request.
fn escaped(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-").replace('~', "\\(ti");
    let safe = |line: &str| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() };
    escaped.lines().map(safe).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_flag_variable_and_code() {
        let page = page().unwrap().replace("\\-", "-");
        assert!(page.contains(&format!("sf-jwt {}", env!("CARGO_PKG_VERSION"))), "no version");
        assert!(!page.contains("(1)\n"), "it refers to pages that do not exist");
        fn visit(command: &clap::Command, page: &str) {
            for argument in command.get_arguments() {
                let long = argument.get_long().map(|long| format!("--{long}"));
                assert!(long.is_none_or(|long| page.contains(&long)), "{argument:?}");
            }
            command.get_subcommands().for_each(|command| visit(command, page));
        }
        visit(&super::super::command("sf-jwt"), &page);
        let help = after_help("sf-jwt");
        for (name, _) in variables().into_iter().chain(exit_codes()) {
            assert!(page.contains(&format!("\\fB{name}\\fR")) && help.contains(&format!("  {name} ")), "{name}");
        }
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Protocol) {
            assert!(help.contains(&format!("  {:<22} {}", kind.exit_code(), kind.meaning())), "{kind:?}");
        }
    }
}
