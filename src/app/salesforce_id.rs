//! Salesforce record ids: 15 characters that differ by case, or 18 whose last three are a checksum of that case;
//! the first three, the key prefix, tell the kind of record.
//!
//! The three ids that installing an app needs look alike to people, and so do a dozen others on the same pages.
//! [`SalesforceId::of_kind`] therefore refuses a foreign prefix by name and says where the right id is.

use crate::error::{Error, Reason, Warning};
use std::fmt;

/// The letters of a checksum: five bits each.
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// A record id, validated.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SalesforceId([u8; 15]);

/// The kinds of record whose ids this program takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdKind {
    /// `0Ci`: the definition of a connected app, in the org that owns it.
    App,
    /// `00D`: an org.
    Org,
    /// `04t`: one version of a package, as it is installed.
    PackageVersion,
    /// `005`: a user.
    User,
}

impl IdKind {
    /// The key prefix.
    pub const fn prefix(self) -> &'static str {
        match self {
            IdKind::App => "0Ci",
            IdKind::Org => "00D",
            IdKind::PackageVersion => "04t",
            IdKind::User => "005",
        }
    }

    /// What the id is called in sentences.
    pub const fn name(self) -> &'static str {
        match self {
            IdKind::App => "connected app id",
            IdKind::Org => "org id",
            IdKind::PackageVersion => "package version id",
            IdKind::User => "user id",
        }
    }

    /// Where to find such an id.
    const fn whereabouts(self) -> &'static str {
        match self {
            IdKind::App => {
                "in the org that owns the app, open Setup, App Manager, and choose Edit in the app's row: the last \
                 part of that page's address is the 0Ci id; the whole address can be given as page-url"
            }
            IdKind::Org => "the 00D id of the org that owns the app is in its Setup, Company Information",
            IdKind::PackageVersion => {
                "the 04t id is the last part of the package's install link; `sf package version list` calls it \
                 Subscriber Package Version Id"
            }
            IdKind::User => "the 005 id of a user is in the address of the user's page in Setup, Users",
        }
    }
}

/// What to tell somebody who gave the id of another kind of record.
enum Advice {
    /// Only where the right id is.
    Whereabouts,
    /// This, and where the right id is.
    And(&'static str),
    /// This, for there is no right id.
    Instead(&'static str),
}

/// Key prefixes that get mistaken for one another: prefix, what it is, advice.
const PREFIXES: &[(&str, &str, Advice)] = &[
    ("0Ci", "a connected app's definition (AppManifest)", Advice::And("give it as app-id")),
    ("04t", "a package version (SubscriberPackageVersion)", Advice::And("give it as package-id")),
    ("00D", "an org (Organization)", Advice::And("give the owning org's as app-org-id")),
    ("0H4", "a connected app as one org has it (ConnectedApplication)", Advice::Whereabouts),
    (
        "06P",
        "a connected app's application id, as in classic Setup pages",
        Advice::And("the same page's address has the 0Ci id after `id=`"),
    ),
    ("0DS", "an entry of the app menu (AppMenuItem)", Advice::Whereabouts),
    ("888", "an OAuth consumer (OAuthConsumer)", Advice::Whereabouts),
    (
        "0xI",
        "an External Client App",
        Advice::Instead(
            "an External Client App has no install page of its own: it is created in the org itself, or comes in a \
             package, whose 04t id is given as package-id",
        ),
    ),
    ("033", "a package (MetadataPackage)", Advice::And("what gets installed is one of its versions")),
    ("0Ho", "a second-generation package (Package2)", Advice::And("what gets installed is one of its versions")),
    ("05i", "a package version as its developer sees it (Package2Version)", Advice::Whereabouts),
    ("08c", "a request to create a package version (Package2VersionCreateRequest)", Advice::Whereabouts),
    ("0PS", "a permission set", Advice::Whereabouts),
    ("0Pa", "a permission set's assignment to a user", Advice::Whereabouts),
    ("0J0", "an access setting of a permission set (SetupEntityAccess)", Advice::Whereabouts),
    ("005", "a user", Advice::Whereabouts),
    ("00e", "a profile", Advice::Whereabouts),
];

/// Why a text is not the id that was asked for. Safe to show: of the text, at most a key prefix is repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdFault {
    /// A well-formed id, but of another kind of record.
    pub foreign: bool,
    /// That kind is one of those that get mistaken for the right one.
    pub known: bool,
    /// What is wrong, as one lower-case sentence.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl IdFault {
    /// The fault as an error about a flag or parameter.
    pub fn usage(self, field: &str) -> Error {
        let reason = if self.foreign { Reason::ForeignId } else { Reason::InvalidId };
        Error::usage(reason, field, self.message).hint(self.hint)
    }
}

impl SalesforceId {
    /// Reads an id of one kind. The warning says that an 18-character id had lost its case and was repaired.
    ///
    /// # Errors
    /// Anything that is not 15 or 18 letters and digits, a checksum that does not match, another key prefix.
    pub fn of_kind(kind: IdKind, text: &str) -> Result<(SalesforceId, Option<Warning>), IdFault> {
        let (id, repaired) = SalesforceId::read(text.trim_matches(' ')).map_err(|why| IdFault {
            foreign: false,
            known: false,
            message: format!("not a valid {}: {why}", kind.name()),
            hint: kind.whereabouts().to_owned(),
        })?;
        id.expect(kind)?;
        let warning = repaired.then(|| {
            Warning::new(
                "id-repaired",
                format!("the {} had lost its upper and lower case; its checksum restored {id}", kind.name()),
            )
        });
        Ok((id, warning))
    }

    /// Reads an id of any kind; `true` when its case had to be restored.
    pub(crate) fn read(text: &str) -> Result<(SalesforceId, bool), String> {
        if text.is_empty() {
            return Err("it is empty".into());
        }
        if text.starts_with("00D") && text.contains('!') {
            return Err("it looks like an access token".into());
        }
        if text.starts_with("3MVG") {
            return Err("it looks like a consumer key (client id)".into());
        }
        if let Some(position) = text.bytes().position(|b| !b.is_ascii_alphanumeric()) {
            return Err(format!("character {} is neither a letter nor a digit", position + 1));
        }
        let (Some(front), rest) = (text.as_bytes().first_chunk::<15>(), text.as_bytes().get(15..).unwrap_or_default())
        else {
            return Err(format!("it has {} characters, and ids have 15 or 18", text.len()));
        };
        let id = SalesforceId(*front);
        match rest {
            [] => Ok((id, false)),
            [_, _, _] if id.checksum().as_slice() == rest => Ok((id, false)),
            [a, b, c] if one_case(front) => id
                .with_case_of([*a, *b, *c].map(|x| x.to_ascii_uppercase()))
                .map(|id| (id, true))
                .ok_or_else(|| MISMATCH.into()),
            [_, _, _] => Err(MISMATCH.into()),
            _ => Err(format!("it has {} characters, and ids have 15 or 18", text.len())),
        }
    }

    fn expect(&self, kind: IdKind) -> Result<(), IdFault> {
        let prefix = self.prefix();
        if prefix == kind.prefix() {
            return Ok(());
        }
        let known = PREFIXES.iter().find(|row| row.0 == prefix);
        let what = match known {
            Some((_, what, _)) => format!("{prefix}… is the id of {what}"),
            None if prefix.eq_ignore_ascii_case(kind.prefix()) => {
                return Err(IdFault {
                    foreign: false,
                    known: false,
                    message: format!("not a valid {}: {prefix}… has lost its upper and lower case", kind.name()),
                    hint: format!(
                        "15-character ids differ by case, and only the 18-character form can be repaired; {}",
                        kind.whereabouts()
                    ),
                });
            }
            None => format!("this id starts with {prefix}"),
        };
        let whereabouts = kind.whereabouts();
        let hint = match known.map_or(&Advice::Whereabouts, |row| &row.2) {
            Advice::Whereabouts => whereabouts.to_owned(),
            Advice::And(advice) => format!("{advice}; {whereabouts}"),
            Advice::Instead(advice) => (*advice).to_owned(),
        };
        Err(IdFault {
            foreign: true,
            known: known.is_some(),
            message: format!("{what}, and {}s start with {}", kind.name(), kind.prefix()),
            hint,
        })
    }

    /// The 15-character form.
    pub fn short(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The 18-character form: safe where case gets lost.
    pub fn long(&self) -> String {
        let mut text = self.short().to_owned();
        text.extend(self.checksum().map(char::from));
        text
    }

    /// The key prefix.
    pub fn prefix(&self) -> &str {
        self.short().get(..3).unwrap_or_default()
    }

    /// One letter for each group of five characters; bit k says that the group's character k is upper case.
    fn checksum(&self) -> [u8; 3] {
        [0, 5, 10].map(|start| {
            let group = self.0.iter().skip(start).take(5).enumerate();
            let bits = group.fold(0, |bits, (k, c)| bits | usize::from(c.is_ascii_uppercase()) << k);
            CHECKSUM[bits]
        })
    }

    /// This id with the case that a checksum tells; `None` when the checksum cannot be that of these letters.
    fn with_case_of(&self, checksum: [u8; 3]) -> Option<SalesforceId> {
        let mut bytes = self.0.map(|c| c.to_ascii_lowercase());
        for (group, letter) in bytes.chunks_mut(5).zip(checksum) {
            let bits = CHECKSUM.iter().position(|c| *c == letter)?;
            for (k, c) in group.iter_mut().enumerate() {
                if bits & (1 << k) != 0 {
                    *c = c.to_ascii_uppercase();
                }
            }
        }
        let id = SalesforceId(bytes);
        (id.checksum() == checksum).then_some(id)
    }
}

const MISMATCH: &str = "its last three characters, the checksum, do not match the others: a character was mistyped";

/// Whether all letters have the same case, as after `lower()` or `upper()`.
fn one_case(text: &[u8]) -> bool {
    !(text.iter().any(u8::is_ascii_uppercase) && text.iter().any(u8::is_ascii_lowercase))
}

/// The 18-character form.
impl fmt::Display for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.long())
    }
}

impl fmt::Debug for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The pairs of reference/salesforce.md 4.2, and those of published install URLs.
    const PAIRS: [(&str, &str); 9] = [
        ("a01M00000062mPg", "IAI"),
        ("001M000000qfPyS", "IAU"),
        ("a0FE000000D6r3F", "MAR"),
        ("0F9E000000092w2", "KAA"),
        ("aBcDEfgHIJKLMNO", "025"),
        ("0Ci5e000000bn6b", "CAA"),
        ("0Ci1U000000L2SJ", "SA0"),
        ("00D1U000001BPt6", "UAG"),
        ("00D5e000005AHE7", "EAO"),
    ];

    #[test]
    fn checksums() {
        for (short, suffix) in PAIRS {
            let long = format!("{short}{suffix}");
            assert_eq!(SalesforceId::read(short).unwrap().0.long(), long);
            let (id, repaired) = SalesforceId::read(&long).unwrap();
            assert_eq!((id.short(), repaired), (short, false));
            for folded in [long.to_lowercase(), long.to_uppercase(), format!("{}{suffix}", short.to_lowercase())] {
                let (id, repaired) = SalesforceId::read(&folded).unwrap();
                assert_eq!(id.long(), long, "{folded}");
                assert!(repaired, "{folded}");
            }
        }
    }

    #[test]
    fn damaged_ids() {
        for (text, word) in [
            ("", "empty"),
            ("0Ci5e000000bn6bCAB", "checksum"),
            ("0Ci5e000000bn6BCAA", "checksum"),
            ("0Ci5e000000bn6bca9", "checksum"),
            ("0ci5e000000bn6bdaa", "checksum"), // bit 0 is set, but the first character is a digit
            ("0Ci5e000000bn6", "14 characters"),
            ("0Ci5e000000bn6bC", "16 characters"),
            ("0Ci5e000000bn6bCAAx", "19 characters"),
            ("0Ci5e00000 bn6b", "character 11"),
            ("0Ci5e000000bn6\u{431}", "character 15"),
            ("3MVG9SENTINELKEY", "consumer key"),
            ("00D5e000005AHE7!SENTINEL", "access token"),
        ] {
            let fault = SalesforceId::of_kind(IdKind::App, text).unwrap_err();
            assert!(fault.message.contains(word), "{text}: {}", fault.message);
            assert!(!fault.foreign && !format!("{fault:?}").contains("SENTINEL"));
        }
    }

    #[test]
    fn foreign_prefixes_are_refused_by_name() {
        for (prefix, word) in [
            ("0H4", "ConnectedApplication"),
            ("06P", "after `id=`"),
            ("0DS", "AppMenuItem"),
            ("888", "OAuthConsumer"),
            ("0xI", "External Client App has no install page"),
            ("04t", "package-id"),
            ("033", "MetadataPackage"),
            ("0Ho", "Package2"),
            ("05i", "Package2Version"),
            ("08c", "Package2VersionCreateRequest"),
            ("0PS", "permission set"),
            ("0Pa", "permission set"),
            ("0J0", "SetupEntityAccess"),
            ("00D", "app-org-id"),
            ("005", "user"),
            ("00e", "profile"),
            ("a0F", "starts with a0F"),
        ] {
            let fault = SalesforceId::of_kind(IdKind::App, &format!("{prefix}5e000000bn6b")).unwrap_err();
            let said = format!("{} {}", fault.message, fault.hint);
            assert!(fault.foreign && said.contains(word) && said.contains("0Ci"), "{prefix}: {said}");
        }
        for (kind, text) in [
            (IdKind::PackageVersion, "0Ci5e000000bn6b"),
            (IdKind::PackageVersion, "033000000000001"),
            (IdKind::Org, "0Ci5e000000bn6b"),
            (IdKind::Org, "005000000000001"),
        ] {
            let fault = SalesforceId::of_kind(kind, text).unwrap_err();
            assert!(fault.foreign && fault.message.contains(kind.prefix()), "{fault:?}");
        }
    }

    #[test]
    fn a_15_character_id_without_its_case_is_lost() {
        let fault = SalesforceId::of_kind(IdKind::App, "0ci5e000000bn6b").unwrap_err();
        assert!(!fault.foreign && fault.message.contains("case"), "{fault:?}");
    }

    proptest! {
        #[test]
        fn every_id_survives_both_forms_and_folding(short in "[0-9A-Za-z]{15}") {
            let id = SalesforceId::read(&short).unwrap().0;
            let long = id.long();
            prop_assert_eq!(SalesforceId::read(&long).unwrap(), (id, false));
            prop_assert_eq!(SalesforceId::read(&long.to_lowercase()).unwrap().0, id);
            prop_assert_eq!(SalesforceId::read(&long.to_uppercase()).unwrap().0, id);
        }

        #[test]
        fn one_changed_case_is_noticed(short in "[0-9A-Za-z]{15}", at in 0usize..15) {
            let mut long = SalesforceId::read(&short).unwrap().0.long().into_bytes();
            prop_assume!(long[at].is_ascii_alphabetic());
            long[at] ^= 0x20;
            let read = SalesforceId::read(std::str::from_utf8(&long).unwrap());
            prop_assert!(read.is_err() || read.unwrap().0.short() == short);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = SalesforceId::of_kind(IdKind::App, &text);
        }
    }
}
