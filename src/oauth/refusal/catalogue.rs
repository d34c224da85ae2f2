//! The catalogue of refusals: the one table of what Salesforce says, what it may mean, and what helps.
//!
//! `source` names the row of the team's reference ("2.1 #3" is row 3 of the token endpoint's errors) and how sure
//! it is: D documented by Salesforce, C seen in production code, H hearsay, I inferred. What the reference does
//! not know is not claimed here.

use super::Clue;
use crate::app::setup_page::SetupPage;
use crate::error::Reason;

/// One refusal.
#[derive(Debug)]
pub struct Entry {
    /// The stable reason.
    pub reason: Reason,
    /// What Salesforce says, as far as it is known.
    pub wordings: &'static [Wording],
    /// Values of OAuth's `error` that decide alone; a general one only where the description says nothing that is
    /// known.
    pub errors: &'static [&'static str],
    /// Fragments of the description, in lower case, that decide where the `error` does not.
    pub fragments: &'static [&'static str],
    /// Likely causes, most likely first.
    pub causes: &'static [Cause],
    /// What to do.
    pub remedy: &'static str,
    /// Where to do it.
    pub pages: &'static [SetupPage],
    /// When trying again helps.
    pub retry: Retry,
    /// Row of the reference and its confidence.
    pub source: &'static str,
}

/// Salesforce's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wording {
    /// OAuth's `error`.
    pub error: &'static str,
    /// OAuth's `error_description`.
    pub description: &'static str,
    /// The row of the reference it comes from.
    pub row: &'static str,
}

/// A likely cause, and the clues that make it likelier.
#[derive(Debug)]
pub struct Cause {
    /// One sentence or phrase.
    pub text: &'static str,
    /// What speaks for it.
    pub clues: &'static [Clue],
}

/// When trying again helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Never without a change.
    Never,
    /// Within about ten minutes of creating or changing the app, the org or its policies.
    Propagation,
    /// After a pause, with backoff.
    Backoff,
    /// After up to an hour.
    AnHour,
}

impl Retry {
    /// In words.
    pub const fn text(self) -> &'static str {
        match self {
            Retry::Never => "not without a change",
            Retry::Propagation => "within about 10 minutes of creating or changing the app, its policies or the org",
            Retry::Backoff => "after a pause",
            Retry::AnHour => "after up to an hour",
        }
    }
}

const fn said(error: &'static str, description: &'static str, row: &'static str) -> Wording {
    Wording { error, description, row }
}

const fn cause(text: &'static str) -> Cause {
    Cause { text, clues: &[] }
}

const fn cause_if(text: &'static str, clues: &'static [Clue]) -> Cause {
    Cause { text, clues }
}

/// Every refusal, in the order in which fragments are tried.
pub fn catalogue() -> &'static [Entry] {
    CATALOGUE
}

static CATALOGUE: &[Entry] = &[
    Entry {
        reason: Reason::UserNotApproved,
        wordings: &[said("invalid_grant", "user hasn't approved this consumer", "2.1 #1")],
        errors: &[],
        fragments: &["hasn't approved", "has not approved"],
        causes: &[
            cause("Permitted Users of the app is still \"All users may self-authorize\", and this user never did"),
            cause("the app is pre-authorized, but not for this user: no permission set or profile connects them"),
            cause("app, policy or org were created or changed less than 10 minutes ago"),
            cause_if(
                "host or audience belong to another environment than the app and the user",
                &[Clue::GenericHost, Clue::AudienceElsewhere],
            ),
            cause_if(
                "the username is not a user of this org: in a sandbox usernames end with the sandbox's name",
                &[Clue::SandboxUserOnProduction, Clue::UsernameWithoutSandboxSuffix],
            ),
            cause("the app lacks the api or refresh_token scope"),
            cause("the user may use the API only, and so cannot approve the app in a browser"),
            cause("the permission set belongs to the Salesforce API Integration licence, which cannot carry apps"),
            cause("the sandbox was refreshed, or an earlier approval was revoked"),
        ],
        remedy: "in the app's policies set Permitted Users to \"Admin approved users are pre-authorized\", assign a \
                 permission set to the app and to the user, and wait 2 to 10 minutes",
        pages: &[SetupPage::ManageConnectedApps, SetupPage::PermissionSets, SetupPage::LoginHistory],
        retry: Retry::Propagation,
        source: "2.1 #1, D/H",
    },
    Entry {
        reason: Reason::UserNotAdminApproved,
        wordings: &[said("invalid_app_access", "user is not admin approved to access this app", "2.1 #2")],
        errors: &["invalid_app_access"],
        fragments: &["not admin approved", "not approved for access"],
        causes: &[
            cause("the app is pre-authorized, but no permission set or profile connects it to this user"),
            cause_if(
                "the username is another user than the one the permission set was given to",
                &[Clue::SandboxUserOnProduction, Clue::UsernameWithoutSandboxSuffix],
            ),
        ],
        remedy: "assign a permission set (or the user's profile) to the app, and the permission set to the user; the \
                 Login History then no longer says \"Failed: Not approved for access\"",
        pages: &[SetupPage::ManageConnectedApps, SetupPage::PermissionSets, SetupPage::LoginHistory],
        retry: Retry::Never,
        source: "2.1 #2, C/H",
    },
    Entry {
        reason: Reason::AudienceInvalid,
        wordings: &[
            said("invalid_grant", "audience is invalid", "2.1 #3"),
            said("invalid_grant", "Audience validation failed", "2.1 #4"),
            said("invalid_grant", "invalid audience", "2"),
        ],
        errors: &[],
        fragments: &["audience is invalid", "audience validation failed", "invalid audience"],
        causes: &[
            cause_if(
                "host and audience belong to different environments (production and sandbox)",
                &[Clue::AudienceElsewhere, Clue::SandboxUserOnProduction],
            ),
            cause_if(
                "this org wants its My Domain as host and audience",
                &[Clue::GenericHost, Clue::ExternalClientApp],
            ),
            cause(
                "this org does not take its My Domain as audience, only https://login.salesforce.com (production) \
                   or https://test.salesforce.com (sandbox)",
            ),
            cause("the My Domain has a typing error"),
        ],
        remedy: "use the org's exact My Domain for login URL and audience (no path, no Lightning or Setup host), or \
                 audience = \"auto\"; the signature had already been accepted when this is said",
        pages: &[SetupPage::MyDomain],
        retry: Retry::Never,
        source: "2.1 #3 and #4, D/H; signature accepted: I",
    },
    Entry {
        reason: Reason::AssertionExpired,
        wordings: &[said("invalid_grant", "expired authorization code", "2.1 #8")],
        errors: &[],
        fragments: &["expired authorization code"],
        causes: &[
            cause_if("this machine's clock is behind", &[Clue::ClockOff]),
            cause("the request took minutes, for instance through a proxy"),
        ],
        remedy: "set this machine's clock (NTP); `verify-connection` measures the difference",
        pages: &[],
        retry: Retry::Never,
        source: "2.1 #8, C/H",
    },
    Entry {
        reason: Reason::ClockSkew,
        wordings: &[],
        errors: &[],
        fragments: &[],
        causes: &[
            cause_if("this machine's clock is off by more than 10 minutes", &[Clue::ClockOff]),
            cause("the server's Date is wrong, for instance a proxy's"),
        ],
        remedy: "set this machine's clock (NTP); a difference above 10 minutes is not corrected for you, so that a \
                 wrong Date cannot make a long-lived assertion",
        pages: &[],
        retry: Retry::Never,
        source: "2.1 #8 and section 6, I",
    },
    Entry {
        reason: Reason::AssertionInvalid,
        wordings: &[
            said("invalid_grant", "invalid assertion", "2.1 #5"),
            said("invalid_grant", "invalid signature", "2.1 #6"),
            said("invalid_grant", "Failed: : Couldn't validate jwt token.", "2.1 #7"),
        ],
        errors: &[],
        fragments: &["invalid assertion", "invalid signature", "validate jwt token"],
        causes: &[
            cause_if(
                "the certificate uploaded to the app does not belong to this private key",
                &[Clue::CertificateMismatch],
            ),
            cause_if(
                "the host belongs to another environment than the app",
                &[Clue::GenericHost, Clue::SandboxUserOnProduction, Clue::AudienceElsewhere],
            ),
            cause(
                "\"Use digital signatures\" (connected app) or the JWT Bearer flow (External Client App) is not enabled",
            ),
        ],
        remedy: "compare `sf-jwt certificate show` with the certificate on the app, and upload it again if they differ",
        pages: &[SetupPage::AppManager],
        retry: Retry::Never,
        source: "2.1 #5 to #7, C/H",
    },
    Entry {
        reason: Reason::ClientIdUnknown,
        wordings: &[said("invalid_client_id", "client identifier invalid", "2.1 #9")],
        errors: &["invalid_client_id"],
        fragments: &["client identifier invalid"],
        causes: &[
            cause_if(
                "the consumer key is of an app in another org or environment than this host",
                &[Clue::GenericHost, Clue::SandboxUserOnProduction],
            ),
            cause("the consumer key was not copied whole"),
            cause("the app was created less than 10 minutes ago"),
            cause("the app was deleted, or the sandbox was refreshed"),
        ],
        remedy: "copy the consumer key again from the app (Manage Consumer Details), and check that the host is the org \
                 where the app is",
        pages: &[SetupPage::AppManager, SetupPage::ExternalClientAppManager],
        retry: Retry::Propagation,
        source: "2.1 #9, D",
    },
    Entry {
        reason: Reason::AppNotInOrg,
        wordings: &[said("app_not_found", "External client app is not installed in this org", "2.1 #10")],
        errors: &["app_not_found"],
        fragments: &["external client app is not installed"],
        causes: &[
            cause_if(
                "External Client Apps want the My Domain as host and audience, not login or test.salesforce.com",
                &[Clue::GenericHost, Clue::AudienceElsewhere],
            ),
            cause_if("a local External Client App works only in the org that owns it", &[Clue::LocalApp]),
            cause_if("the package with the app is not installed in this org", &[Clue::PackagedApp]),
            cause("the sandbox was refreshed or copied, and the app did not come along"),
            cause_if("a passing fault of the platform, reported now and then", &[Clue::WorkedBefore]),
        ],
        remedy: "use the org's My Domain for login URL and audience, and check that the External Client App exists in \
                 that very org; install its package if it comes from one",
        pages: &[SetupPage::ExternalClientAppManager, SetupPage::InstalledPackages],
        retry: Retry::Propagation,
        source: "2.1 #10, C/H",
    },
    Entry {
        reason: Reason::AppNotInstalled,
        wordings: &[said("invalid_client", "app must be installed into org", "2.1 #11")],
        errors: &[],
        fragments: &["must be installed into org"],
        causes: &[
            cause("the connected app is not installed in this org (needed since September 2025)"),
            cause("API Access Control is on, and the app is not on its list"),
            cause("the user lacks \"Approve Uninstalled Connected Apps\", which would stand in for the installation"),
        ],
        remedy: "an admin opens the app's install URL on this org (`sf-jwt install-url`), presses Install, then \
                 pre-authorizes it",
        pages: &[SetupPage::ConnectedAppsOauthUsage, SetupPage::ManageConnectedApps],
        retry: Retry::Never,
        source: "2.1 #11, H; the rule of September 2025: D",
    },
    Entry {
        reason: Reason::ClientRejected,
        wordings: &[said("invalid_client", "invalid client credentials", "2.1 #12")],
        errors: &["invalid_client"],
        fragments: &["invalid client credentials"],
        causes: &[
            cause_if("the certificate on the app does not belong to this private key", &[Clue::CertificateMismatch]),
            cause("the assertion's encoding or signature was damaged on the way"),
            cause(
                "the connected app is not installed in this org, where Salesforce says no more than `invalid_client`",
            ),
        ],
        remedy: "compare `sf-jwt certificate show` with the certificate on the app",
        pages: &[SetupPage::AppManager],
        retry: Retry::Never,
        source: "2.1 #12, H",
    },
    Entry {
        reason: Reason::ScopesMissing,
        wordings: &[said("invalid_grant", "no valid scopes defined", "2.1 #13")],
        errors: &[],
        fragments: &["no valid scopes"],
        causes: &[cause("the app has no scope of the api kind")],
        remedy: "add \"Manage user data via APIs (api)\" and \"Perform requests at any time (refresh_token, \
                 offline_access)\" to the app's scopes",
        pages: &[SetupPage::AppManager],
        retry: Retry::Propagation,
        source: "2.1 #13, H",
    },
    Entry {
        reason: Reason::ScopeInvalid,
        wordings: &[said("invalid_scope", "the requested scope is not allowed", "2.1 #25 (description not captured)")],
        errors: &["invalid_scope"],
        fragments: &["requested scope is not allowed"],
        causes: &[cause("a scope claim asks for a scope that the app does not have")],
        remedy: "drop the scope claim, or add the scope to the app",
        pages: &[SetupPage::AppManager],
        retry: Retry::Never,
        source: "2.1 #25, H",
    },
    Entry {
        reason: Reason::IpRestricted,
        wordings: &[
            said("invalid_grant", "ip restricted", "2.1 #14"),
            said("invalid_grant", "ip restricted or invalid login hours", "2.1 #14"),
        ],
        errors: &[],
        fragments: &["ip restricted", "restricted ip"],
        causes: &[
            cause("this machine's public IP address (v4 or v6) is not in the login IP ranges of the user's profile"),
            cause("the app's policy enforces IP restrictions"),
            cause("the login comes outside the profile's login hours, which some answers do not tell apart"),
        ],
        remedy: "add the egress addresses, v4 and v6, to the trusted IP ranges, or relax the app's IP policy; the Login \
                 History shows the address (\"Restricted IP\")",
        pages: &[SetupPage::LoginHistory, SetupPage::NetworkAccess, SetupPage::ManageConnectedApps],
        retry: Retry::Never,
        source: "2.1 #14, D/H",
    },
    Entry {
        reason: Reason::LoginHours,
        wordings: &[said("invalid_grant", "invalid login hours", "2.1 #15 (exact wording unknown)")],
        errors: &[],
        fragments: &["login hours"],
        causes: &[cause("the profile's login hours exclude this time of day, in the org's time zone")],
        remedy: "adjust the Login Hours of the user's profile",
        pages: &[SetupPage::Profiles, SetupPage::LoginHistory],
        retry: Retry::Never,
        source: "2.1 #15, H",
    },
    Entry {
        reason: Reason::UserInactive,
        wordings: &[
            said("invalid_grant", "inactive user", "2.1 #16"),
            said("inactive_user", "user is inactive", "2.1 #16"),
        ],
        errors: &["inactive_user"],
        fragments: &["inactive user", "user is inactive", "user is frozen"],
        causes: &[cause("the user was deactivated"), cause("the user was frozen")],
        remedy: "reactivate or unfreeze the user",
        pages: &[SetupPage::Users, SetupPage::LoginHistory],
        retry: Retry::Never,
        source: "2.1 #16, H",
    },
    Entry {
        reason: Reason::UserLocked,
        wordings: &[said("invalid_grant", "user is locked", "2.1 #17")],
        errors: &[],
        fragments: &["user is locked", "password lockout"],
        causes: &[cause("too many failed logins locked the user out")],
        remedy: "unlock the user",
        pages: &[SetupPage::Users, SetupPage::LoginHistory],
        retry: Retry::Never,
        source: "2.1 #17, H (weak)",
    },
    Entry {
        reason: Reason::UserUnknown,
        wordings: &[said("invalid_grant", "invalid user", "2.1 #18 (raw wording not captured)")],
        errors: &[],
        fragments: &["invalid user"],
        causes: &[
            cause_if(
                "the username lacks the sandbox's suffix, or has one that this org does not",
                &[Clue::SandboxUserOnProduction, Clue::UsernameWithoutSandboxSuffix],
            ),
            cause("an e-mail address or user id was given instead of the username"),
            cause("the user is in another org"),
        ],
        remedy: "copy the Username from the user's page",
        pages: &[SetupPage::Users],
        retry: Retry::Never,
        source: "2.1 #18, H",
    },
    Entry {
        reason: Reason::OrgInactive,
        wordings: &[said("inactive_org", "organization locked, closed, or suspended", "2.1 #19")],
        errors: &["inactive_org"],
        fragments: &["organization locked"],
        causes: &[cause("the org has expired or was locked")],
        remedy: "ask Salesforce about the org",
        pages: &[],
        retry: Retry::Never,
        source: "2.1 #19, H",
    },
    Entry {
        reason: Reason::LoginRateExceeded,
        wordings: &[
            said("rate_limit_exceeded", "number of logins exceeded", "2.1 #20"),
            said("LOGIN_RATE_EXCEEDED", "login rate exceeded", "2.1 #20"),
        ],
        errors: &["rate_limit_exceeded", "login_rate_exceeded"],
        fragments: &["number of logins exceeded", "login rate exceeded", "login_rate_exceeded"],
        causes: &[cause("this user logged in more than 3600 times within an hour, by any method and any program")],
        remedy: "wait up to an hour, and find the program that logs in for every request instead of keeping its token",
        pages: &[SetupPage::LoginHistory],
        retry: Retry::AnHour,
        source: "2.1 #20, D/H",
    },
    Entry {
        reason: Reason::WrongHost,
        wordings: &[
            said("unsupported_grant_type", "grant type not supported", "2.1 #21"),
            said("invalid_grant", "request not supported on this domain", "2.1 #23"),
        ],
        errors: &["unsupported_grant_type"],
        fragments: &["grant type not supported", "request not supported on this domain"],
        causes: &[
            cause_if("this flow needs the org's My Domain", &[Clue::GenericHost]),
            cause("the host serves pages, but not this flow"),
            cause_if("this machine's clock is more than 3 minutes off", &[Clue::ClockOff]),
        ],
        remedy: "use the org's My Domain as login URL",
        pages: &[SetupPage::MyDomain],
        retry: Retry::Never,
        source: "2.1 #21 and #23, D/H",
    },
    Entry {
        reason: Reason::HostMoved,
        wordings: &[],
        errors: &[],
        fragments: &[],
        causes: &[
            cause("the My Domain was renamed, or the sandbox was refreshed"),
            cause("the host is from before enhanced domains, whose redirects end"),
        ],
        remedy: "use the My Domain that Setup shows today",
        pages: &[SetupPage::MyDomain],
        retry: Retry::Never,
        source: "section 5, D",
    },
    Entry {
        reason: Reason::BadRequest,
        wordings: &[said("invalid_request", "must use HTTP POST", "2.1 #22")],
        errors: &["invalid_request"],
        fragments: &["must use http post"],
        causes: &[cause("something between here and Salesforce changed the request, for instance a proxy")],
        remedy: "check the proxy; if there is none, please report this as a defect",
        pages: &[],
        retry: Retry::Never,
        source: "2.1 #22, H",
    },
    Entry {
        reason: Reason::AuthenticationFailure,
        wordings: &[said("invalid_grant", "authentication failure", "2.1 #24")],
        errors: &[],
        fragments: &["authentication failure"],
        causes: &[
            cause("a login policy of the org, such as single sign-on only or step-up authentication"),
            cause("the session policy of the app or profile asks for high assurance, which no headless login has"),
        ],
        remedy: "read the user's Login History, which names the policy",
        pages: &[SetupPage::LoginHistory],
        retry: Retry::Never,
        source: "2.1 #24, H",
    },
    Entry {
        reason: Reason::ServerError,
        wordings: &[said("server_error", "unexpected error", "2.1 #26 (not captured)")],
        errors: &["server_error"],
        fragments: &["retry your request"],
        causes: &[cause("a passing fault at Salesforce")],
        remedy: "try again in a while; see https://status.salesforce.com",
        pages: &[],
        retry: Retry::Backoff,
        source: "2.1 #26, unknown",
    },
    Entry {
        reason: Reason::Unrecognized,
        wordings: &[],
        errors: &[],
        fragments: &[],
        causes: &[cause("Salesforce said something that this version does not know")],
        remedy: "read the user's Login History, and please report the wording",
        pages: &[SetupPage::LoginHistory],
        retry: Retry::Never,
        source: "none",
    },
];
