//! `sf-jwt demo`: the whole story of a headless integration, played on the org emulator with this very program.
//!
//! Every command that is shown is run as shown; what an administrator does is done on the emulator's own pages. The
//! story fails when a step does not end as it should.

mod administrator;
mod dialogue;
mod stage;

use super::{Context, Exit};
use crate::emulator::{self, Kit, Options, Running, world_file};
use crate::error::{Error, Reason, Result};
use administrator::Administrator;
use clap::Args;
use stage::Stage;

/// Play the whole story on the org emulator: nothing needed, nothing left behind
#[derive(Args)]
pub(super) struct Demo {}

/// The orgs of the story: a publisher that owns two apps, and a customer that has neither yet.
const WORLD: &str = include_str!("demo/world.toml");
/// The customer's user that the service acts as.
const USER: &str = "integration@acme.example";

impl Demo {
    pub(super) fn run(&self, context: &Context) -> Result<Exit> {
        context.block_on(play(context))?;
        Ok(0)
    }
}

async fn play(context: &Context) -> Result<()> {
    let stage = Stage::new(context)?;
    let folder = stage.folder();
    stage.title("sf-jwt: a headless Salesforce integration, from nothing to a verified connection")?;
    stage.say(
        "Everything runs on this machine, against the built-in org emulator. Publisher owns two apps; Acme, the \
         customer, has neither yet. Access tokens are shortened.",
    )?;

    stage.chapter("Publisher makes a key and certificate for Service A")?;
    stage.say("The key stays with its owner: it is never packaged or committed. The certificate goes to the app.")?;
    stage.run(&["certificate", "new", "--out", "service-a", "--subject", "CN=Service A"], 0).await?;
    let emulator = emulate(&stage)?;
    let client_id = consumer_key(&emulator, "service-a", "publisher")?;
    stage.write_config(
        &[
            ("publisher", "integration@publisher.example", &emulator.my_domain("publisher"), &client_id, "service-a"),
            ("acme", USER, &emulator.my_domain("acme"), &client_id, "service-a"),
        ],
        &app_fields(&emulator),
    )?;

    stage.chapter("Service A logs in to the org that owns the app")?;
    stage.run(&["token", "-o", "publisher", "--json"], 0).await?;

    stage.chapter("The same app, the customer's org: refused")?;
    stage.say("One POST, one stable reason, the likely causes in order, and the page to open.")?;
    stage.run(&["token", "-o", "acme"], 20).await?;

    stage.chapter("The page that nobody can find")?;
    stage.run(&["install-url", "acme"], 0).await?;

    stage.chapter("Acme's administrator installs and pre-authorizes the app")?;
    let administrator = Administrator::new(&context.host, &emulator, "acme");
    let (app_id, owner) = app_ids(&emulator, "service-a");
    let install = format!("/identity/app/AppInstallApprovalPage.apexp?app_id={app_id}&app_org_id={owner}");
    let app_page = administrator.press("Install", &install, &[]).await?;
    stage.did("opened the install page and pressed Install")?;
    administrator
        .press("Save", &format!("{app_page}/e"), &[("permitted-users", "admin-approved"), ("ip-relaxation", "relax")])
        .await?;
    stage.did("Edit Policies: Permitted Users = \"Admin approved users are pre-authorized\"")?;
    stage.say("Pre-authorized, but for nobody yet (--fresh, because a refusal is remembered for 5 seconds):")?;
    stage.run(&["token", "-o", "acme", "--fresh"], 20).await?;
    administrator.press("Save", &format!("{app_page}/permission-sets"), &[("chosen", "Service_A")]).await?;
    stage.did("Manage Permission Sets: \"Service A\", which the integration user has")?;

    stage.chapter("Now it works")?;
    stage.run(&["token", "-o", "acme", "--json", "--fresh"], 0).await?;
    stage.run(&["verify-connection", "-o", "acme"], 0).await?;

    stage.chapter("Bring your own credentials: the package carries the integration, never the identity")?;
    stage.say(
        "The second app is a packaged External Client App. Acme installs the package, makes a key and certificate of \
         its own, and gets a consumer key of its own. Publisher never sees any of them.",
    )?;
    let package_id = emulator.with_world(|world| world.apps.get("own-key").and_then(|app| app.package_id.clone()));
    let package = format!("/packaging/installPackage.apexp?p0={}", package_id.unwrap_or_default());
    let app_page = administrator.press("Install", &package, &[]).await?;
    stage.did("installed the package")?;
    stage.run(&["certificate", "new", "--out", "acme-own", "--subject", "CN=Acme integration"], 0).await?;
    let certificate = stage.read(&folder.join("acme-own.crt"))?;
    administrator.press("Upload", &format!("{app_page}/certificate"), &[("certificate", &certificate)]).await?;
    administrator
        .press("Save", &format!("{app_page}/e"), &[("permitted-users", "admin-approved"), ("ip-relaxation", "relax")])
        .await?;
    administrator.press("Save", &format!("{app_page}/permission-sets"), &[("chosen", "Service_A")]).await?;
    stage.did("uploaded acme-own.crt, set the policies, assigned the permission set")?;
    let own_client_id = own_consumer_key(&emulator, "own-key", "acme")?;
    stage.write_config(
        &[
            ("publisher", "integration@publisher.example", &emulator.my_domain("publisher"), &client_id, "service-a"),
            ("acme", USER, &emulator.my_domain("acme"), &client_id, "service-a"),
            ("acme-own", USER, &emulator.my_domain("acme"), &own_client_id, "acme-own"),
        ],
        &app_fields(&emulator),
    )?;
    stage.run(&["verify-connection", "-o", "acme-own"], 0).await?;

    stage.chapter("The same over JSON-RPC, as an editor or a service would ask")?;
    dialogue::hold(
        &stage,
        &[
            ("token", serde_json::json!({"org": "acme"})),
            ("install-url", serde_json::json!({"target": "acme"})),
            ("verify-connection", serde_json::json!({"org": "acme-own", "progressToken": "p"})),
            ("token", serde_json::json!({"org": "acmee"})),
        ],
    )
    .await?;

    stage.title("That was all. Nothing was left behind; no network was used.")?;
    stage.say(
        "Next: `sf-jwt orgs add` describes a real org, `sf-jwt verify-connection` checks it, and `sf-jwt emulator` \
         keeps these orgs running for your own tests.",
    )
}

fn emulate(stage: &Stage) -> Result<Running> {
    let kit = Kit::new(None, stage.folder())?;
    emulator::start(Options::new(world_file::read(WORLD, &kit)?))
}

fn missing(what: &str) -> Error {
    Error::new(Reason::Internal, format!("the demo's world has no {what}"))
}

fn consumer_key(emulator: &Running, app: &str, org: &str) -> Result<String> {
    emulator
        .with_world(|world| {
            let (app, org) = (world.apps.get(app)?, world.orgs.get(org)?);
            world.consumer_in(app, org).map(|consumer| consumer.client_id.clone())
        })
        .ok_or_else(|| missing("consumer key"))
}

fn own_consumer_key(emulator: &Running, app: &str, org: &str) -> Result<String> {
    let own = |world: &mut emulator::World| {
        world.orgs.get(org)?.installed.get(app)?.own_consumer.as_ref().map(|consumer| consumer.client_id.clone())
    };
    emulator.with_world(own).ok_or_else(|| missing("consumer key of the customer's own"))
}

/// The ids of an app and of the org that owns it, 15 characters each, as install pages carry them.
fn app_ids(emulator: &Running, app: &str) -> (String, String) {
    let short = |id: &str| id.chars().take(15).collect::<String>();
    emulator.with_world(|world| {
        let app = world.apps.get(app);
        let owner = app.and_then(|app| world.orgs.get(&app.owner)).map(|org| short(&org.id));
        (app.map(|app| short(&app.id)).unwrap_or_default(), owner.unwrap_or_default())
    })
}

/// What the configuration says about Service A, so that remedies carry the install URL.
fn app_fields(emulator: &Running) -> String {
    let (app_id, owner) = app_ids(emulator, "service-a");
    format!("app-kind = \"connected-app\"\napp-id = \"{app_id}\"\napp-org-id = \"{owner}\"\n")
}
