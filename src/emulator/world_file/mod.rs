//! A world as people describe it, in TOML or JSON. Only what differs from the usual has to be said: ids, consumer keys
//! and certificates are made up where they are left out.

mod build;
mod shape;

use super::certificate::Certificate;
use super::world::World;
use crate::error::{Error, Reason, Result};
use serde_json::Value;
use shape::WorldFile;
use std::fmt::Display;

/// The world that is there when none is described. It is written in the format that `--world` takes.
pub const BUILT_IN: &str = include_str!("built_in.toml");

/// What reading a description may ask for.
pub trait Sources {
    /// The text of a certificate file that the description names.
    ///
    /// # Errors
    /// Why it cannot be read, as the end of a sentence.
    fn certificate(&self, path: &str) -> Result<String, String>;
    /// The certificate of apps for which the description names none.
    ///
    /// # Errors
    /// When it cannot be made.
    fn default_certificate(&self) -> Result<Certificate>;
}

/// Reads a world: JSON when it starts with `{`, else TOML.
///
/// # Errors
/// A `usage` error about `world` that names the field and what is accepted there.
pub fn read(text: &str, sources: &dyn Sources) -> Result<World> {
    let text = text.trim_start_matches('\u{feff}');
    // both into one kind of value first: complaints then name a place in the same way
    let value: Value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|e| wrong("", format!("this is not JSON: {e}")))?
    } else {
        toml_edit::de::from_str(text).map_err(|e| wrong("", not_toml(text, &e)))?
    };
    let file: WorldFile = serde_path_to_error::deserialize(value).map_err(|e| located(e.path(), e.inner()))?;
    file.build(sources)
}

fn not_toml(text: &str, error: &toml_edit::de::Error) -> String {
    let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
    format!("line {line} is not TOML: {}", error.message().replace('\n', ", "))
}

fn located(path: &serde_path_to_error::Path, message: impl Display) -> Error {
    let (path, message) = (path.to_string(), message.to_string());
    // serde repeats the value that it did not like, which may be a key in the wrong place
    let repeats = ["invalid type", "invalid value", "unknown variant"].iter().any(|start| message.starts_with(start));
    let message = match message.split_once(", expected ") {
        Some((_, expected)) if repeats => format!("expected {expected}"),
        _ => message,
    };
    wrong(if path == "." { "" } else { &path }, message)
}

fn wrong(path: &str, message: impl Display) -> Error {
    let message: String = message.to_string().chars().filter(|c| !c.is_control()).take(400).collect();
    let separator = if path.is_empty() { "" } else { ": " };
    Error::usage(Reason::InvalidParameter, "world", format!("{path}{separator}{message}"))
        .hint("`sf-jwt emulator --print-world` shows the built-in world in the same format")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::testing::TestSources;
    use crate::emulator::world::PermittedUsers;

    fn problem(text: &str) -> String {
        let error = read(text, &TestSources).unwrap_err();
        assert_eq!((error.reason(), error.details().field.as_deref()), (Reason::InvalidParameter, Some("world")));
        error.message().to_owned()
    }

    #[test]
    fn the_least_that_works() {
        let text = r#"{"orgs": {"a": {"users": {"u@a.example": {}}}}, "apps": {"x": {"kind": "connected-app", "owner": "a"}}}"#;
        let world = read(text, &TestSources).unwrap();
        let (org, app) = (&world.orgs["a"], &world.apps["x"]);
        assert!(org.id.starts_with("00D") && org.id.len() == 18 && app.id.starts_with("0Ci"));
        assert!(app.consumer.certificate.is_some() && app.consumer.client_id.len() == 85);
        assert_eq!(org.installed["x"].permitted_users, PermittedUsers::SelfAuthorized, "an org's own app is there");
        let toml = "[orgs.a]\nusers.\"u@a.example\" = {}\n[apps.x]\nkind = \"connected-app\"\nowner = \"a\"";
        assert_eq!(read(toml, &TestSources).unwrap().orgs["a"].id, org.id, "ids come from names");
    }

    #[test]
    fn ids_and_certificates_can_be_given() {
        let pem = crate::emulator::certificate::tests::key().1.pem().to_owned();
        let text = serde_json::json!({
            "orgs": {"a": {"org-id": "00D5e000005AHE7"}},
            "apps": {"x": {"kind": "connected-app", "owner": "a", "app-id": "0Ci5e000000bn6b", "client-id": "3MVG9.given",
                           "certificate": pem}, "y": {"kind": "eca-local", "owner": "a", "certificate": "none"}},
        });
        let world = read(&text.to_string(), &TestSources).unwrap();
        assert_eq!(world.orgs["a"].id, "00D5e000005AHE7EAO");
        assert_eq!(world.apps["x"].id, "0Ci5e000000bn6bCAA");
        assert_eq!(world.consumer("3MVG9.given").map(|found| found.0.name.as_str()), Some("x"));
        assert!(world.apps["y"].consumer.certificate.is_none());
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_accepted() {
        let app = "[orgs.a]\nusers.\"u@a.example\" = {}\n[apps.x]\nowner = \"a\"\nkind = \"connected-app\"\n";
        for (text, place, accepted) in [
            ("", "orgs", ""),
            ("[orgs]", "orgs", "at least one"),
            ("{\"orgs\": 3}", "orgs", "map"),
            ("orgs = [", "line 1", "TOML"),
            ("[orgs.a]\n\nusers = {", "line 3", "TOML"),
            ("[orgs.a]\ncolour = 1", "orgs.a", "permission-sets"),
            ("[orgs.A]", "orgs.A", "a-z, 0-9"),
            ("[orgs.login]", "orgs.login", "names of the login host"),
            ("[orgs.\"a.b\"]", "orgs.a.b", "a-z, 0-9"),
            ("[orgs.a]\nsandbox = \"yes\"", "orgs.a.sandbox", "boolean"),
            ("[orgs.a]\nsession-timeout = \"2\"", "orgs.a.session-timeout", "\"2h\""),
            ("[orgs.a]\norg-id = \"0Ci5e000000bn6b\"", "orgs.a.org-id", "00D"),
            ("[orgs.a]\nusers.bob = {}", "orgs.a.users", "a@b.example"),
            ("[orgs.a]\nusers.\"u@a.example\" = { status = \"gone\" }", "orgs.a.users.u@a.example.status", "frozen"),
            ("[orgs.a]\nusers.\"u@a.example\" = { refusal = \"dns\" }", "refusal", "user-locked"),
            ("[orgs.a]\nusers.\"u@a.example\" = { permissions = [\"fly\"] }", "permissions", "view-setup"),
            ("[orgs.a]\nusers.\"u@a.example\" = { permission-sets = [\"X\"] }", "permission-sets", "there is none"),
            ("[orgs.a]\nprofiles.P = { login-hours = \"8-18\" }", "orgs.a.profiles.P.login-hours", "08:00-18:00"),
            ("[orgs.a]\nprofiles.P = { login-ip-ranges = [\"home\"] }", "login-ip-ranges[0]", "10.0.0.0-10.0.0.255"),
            ("[orgs.a]\ninstalled.x = {}", "orgs.a.installed.x", "there is none"),
            ("[orgs.a]\n[apps.x]\nowner = \"a\"\nkind = \"eca\"", "apps.x.kind", "eca-packaged-own"),
            ("[orgs.a]\n[apps.x]\nowner = \"b\"\nkind = \"eca-local\"", "apps.x.owner", "an org of this world: a"),
            (&format!("{app}package-id = \"04t000000000001\""), "apps.x.package-id", "eca-packaged"),
            (&format!("{app}jwt-timeout = \"5m\""), "apps.x.jwt-timeout", "token-format"),
            (&format!("{app}token-format = \"xml\""), "apps.x.token-format", "opaque"),
            (&format!("{app}scopes = [\"a b\"]"), "apps.x.scopes", "api"),
            (&format!("{app}client-id = \"short\""), "apps.x.client-id", "8 to 256"),
            (&format!("{app}certificate = \"nowhere.crt\""), "apps.x.certificate", "no such file"),
            (&format!("{app}certificate = \"-----BEGIN RSA PRIVATE KEY-----\""), "apps.x.certificate", "private key"),
            (&format!("{app}[behaviour]\nunknown-user = \"who\""), "behaviour.unknown-user", "user-unknown"),
            (
                &format!("{app}[orgs.b]\ninstalled.x = {{ client-id = \"3MVG9other\" }}"),
                "installed.x.client-id",
                "eca-packaged-own",
            ),
            (
                &format!("{app}[orgs.b]\ninstalled.x = {{ permitted-users = \"all\" }}"),
                "permitted-users",
                "admin-approved",
            ),
            (&format!("{app}[orgs.b]\nusers.\"U@a.example\" = {{}}"), "orgs", "unique"),
        ] {
            let said = problem(text);
            assert!(said.contains(place) && said.contains(accepted), "{text}\n-> {said}");
        }
    }

    #[test]
    fn a_private_key_in_the_file_is_not_repeated() {
        let key = "MIIEvQIBADANBgkqhkiG9w0SENTINEL";
        for text in [
            format!("[orgs.a]\n[apps.x]\nowner = \"a\"\nkind = \"-----BEGIN PRIVATE KEY-----{key}\""),
            format!("[orgs.a]\n[apps.x]\nowner = \"{key}\"\nkind = \"eca-local\""),
            format!("[orgs.a]\nsandbox = \"{key}\""),
            format!("[orgs.a]\n\"-----BEGIN PRIVATE KEY-----{key}"),
        ] {
            assert!(!problem(&text).contains("SENTINEL"), "{text}");
        }
    }
}
