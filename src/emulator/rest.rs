//! The REST API as far as clients use it at login and to see whether an app is installed. Error bodies are arrays
//! (reference 6).

use super::address::Site;
use super::call::{Call, Reply};
use super::id;
use super::records::View;
use super::soql::{self, QueryError, Row, Table};
use super::world::World;
use crate::time::Timestamp;
use serde_json::{Value, json};

/// The API versions: Summer '14, the oldest that is still served (up to 30.0 they were retired in Summer '25), to Winter
/// '27, this autumn's. The Salesforce CLI asks for 51.0 at a login.
const VERSIONS: std::ops::RangeInclusive<u32> = 31..=68;

/// Three releases a year, Winter being the first; 31.0 is the last of '14.
fn label(version: u32) -> String {
    let releases = version + 13; // since Winter '00
    format!("{} '{:02}", ["Winter", "Spring", "Summer"][releases as usize % 3], releases / 3)
}

/// Requests to the API in a day.
const DAILY_REQUESTS: usize = 15_000;

/// Answers below `/services/data`.
pub(super) fn answer(world: &mut World, call: &Call, path: &[&str], now: Timestamp) -> Reply {
    let [version, resource @ ..] = path else {
        let entry = |version: u32| {
            let url = format!("/services/data/v{version}.0");
            json!({"label": label(version), "url": url, "version": format!("{version}.0")})
        };
        return Reply::json(200, &VERSIONS.map(entry).collect()).row("6");
    };
    let view = match authenticate(world, call, now) {
        Ok(view) => view,
        Err(reply) => return reply,
    };
    if !VERSIONS.clone().any(|known| *version == format!("v{known}.0")) {
        return not_found();
    }
    let base = format!("/services/data/{version}");
    let reply = match (call.method.as_str(), resource) {
        ("GET", []) => resources(&base),
        ("GET", ["limits"]) => limits(world.api_requests),
        ("GET", ["query" | "queryAll"] | ["tooling", "query"]) => query(&view, call, &base),
        ("GET", ["tooling"]) => Reply::json(200, &json!({"query": format!("{base}/tooling/query")})),
        ("GET", ["sobjects"]) => describe_global(&view, &base),
        ("GET", ["sobjects", object, id]) => record(&view, object, id, &base),
        ("GET" | "POST" | "PATCH" | "DELETE", _) => not_found(),
        _ => Reply::rest_error(405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed"),
    };
    world.api_requests += 1;
    reply.header("Sforce-Limit-Info", format!("api-usage={}/{DAILY_REQUESTS}", world.api_requests))
}

fn not_found() -> Reply {
    Reply::rest_error(404, "NOT_FOUND", "The requested resource does not exist")
}

/// What the token's user sees; the token is of this org, has the scope `api`, and its user may use the API.
fn authenticate<'w>(world: &'w World, call: &Call, now: Timestamp) -> Result<View<'w>, Reply> {
    let invalid = || Reply::rest_error(401, "INVALID_SESSION_ID", "Session expired or invalid");
    if call.authorization.is_some() && call.token().is_none() {
        return Err(Reply::rest_error(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"));
    }
    let session = call.token().and_then(|token| world.session(token, now)).ok_or_else(invalid)?;
    if call.place.site != Site::Org(session.org.clone()) {
        return Err(invalid());
    }
    let org = world.orgs.get(&session.org).ok_or_else(invalid)?;
    let user = org.users.get(&session.username).ok_or_else(invalid)?;
    if !session.has_scope(&["api"]) {
        let message = "This session is not valid for use with the REST API";
        return Err(Reply::rest_error(401, "INVALID_SESSION_ID", message));
    }
    if !user.api_enabled {
        let message = "The REST API is not enabled for this user.";
        return Err(Reply::rest_error(403, "API_CURRENTLY_DISABLED", message));
    }
    Ok(View { world, org, user })
}

fn resources(base: &str) -> Reply {
    let named = |name: &str| (name.to_owned(), Value::from(format!("{base}/{name}")));
    Reply::json(200, &["limits", "query", "queryAll", "sobjects", "tooling"].map(named).into_iter().collect())
}

fn limits(used: usize) -> Reply {
    let limit = |max: usize, used: usize| json!({"Max": max, "Remaining": max.saturating_sub(used)});
    Reply::json(
        200,
        &json!({
            "DailyApiRequests": limit(DAILY_REQUESTS, used), "DailyBulkApiBatches": limit(15_000, 0),
            "DataStorageMB": limit(5, 0), "FileStorageMB": limit(20, 0), "SingleEmail": limit(15, 0),
        }),
    )
}

fn query(view: &View<'_>, call: &Call, base: &str) -> Reply {
    match soql::run(call.parameter("q"), view) {
        Ok(answer) if call.parameter("columns") == "true" => {
            let columns: Vec<_> = answer.fields.iter().map(|field| column(field)).collect();
            Reply::json(200, &json!({"columnMetadata": columns, "entityName": answer.object, "groupBy": false}))
        }
        Ok(answer) => {
            let with_type = |record: Row| attributed(record, answer.object, base);
            let records: Vec<_> = answer.records.into_iter().map(with_type).collect();
            Reply::json(200, &json!({"totalSize": answer.total, "done": true, "records": records}))
        }
        Err(error) => query_error(error),
    }
}

/// A column's metadata, which the Salesforce CLI asks for before it shows a table; a parent's field is nested.
fn column(field: &str) -> Value {
    let (name, inner) = field.split_once('.').map_or((field, None), |(name, inner)| (name, Some(inner)));
    let joined: Vec<_> = inner.map(column).into_iter().collect();
    json!({"columnName": name, "displayName": name, "aggregate": false, "custom": false, "joinColumns": joined})
}

fn query_error(QueryError { code, message }: QueryError) -> Reply {
    Reply::rest_error(400, code, message)
}

/// A record with its `attributes`, also those of its parents.
fn attributed(record: Row, object: &str, base: &str) -> Value {
    let mut attributes = json!({"type": object});
    if let Some(id) = record.get("Id").and_then(Value::as_str) {
        attributes["url"] = format!("{base}/sobjects/{object}/{id}").into();
    }
    let mut with = Row::from_iter([("attributes".to_owned(), attributes)]);
    with.extend(record);
    with.into()
}

fn describe_global(view: &View<'_>, base: &str) -> Reply {
    let object = |name: &'static str| {
        json!({
            "name": name, "label": name, "queryable": true, "custom": false,
            "urls": {"sobject": format!("{base}/sobjects/{name}"), "rowTemplate": format!("{base}/sobjects/{name}/{{ID}}")},
        })
    };
    let objects: Vec<_> = view.objects().map(object).collect();
    Reply::json(200, &json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}))
}

fn record(view: &View<'_>, object: &str, wanted: &str, base: &str) -> Reply {
    let (object, records) = match view.records(object) {
        Ok(found) => found,
        Err(_) => return not_found(),
    };
    match records.into_iter().find(|record| record["Id"].as_str().is_some_and(|own| id::same(own, wanted))) {
        Some(record) => {
            let plain = record.into_iter().filter(|(_, value)| !value.is_object()).collect();
            Reply::json(200, &attributed(plain, object, base))
        }
        None => not_found(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answer, get, log_in, world};
    use super::*;

    const ACME: &str = "acme.localhost:4000";

    fn json(reply: &Reply) -> Value {
        serde_json::from_str(&reply.body).unwrap()
    }

    fn token(world: &mut World) -> String {
        log_in(world, "service-a", "acme").unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    #[test]
    fn versions_need_no_token_and_the_rest_does() {
        let mut world = world();
        let versions = json(&answer(&mut world, &get(ACME, "/services/data/", None)));
        assert_eq!(versions[0], json!({"label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0"}));
        assert_eq!(versions[37]["label"], "Winter '27");
        let token = token(&mut world);
        for (host, path, token, status, code) in [
            (ACME, "/services/data/v66.0", None, 401, "INVALID_SESSION_ID"),
            (ACME, "/services/data/v66.0/limits", Some("00D!x"), 401, "INVALID_SESSION_ID"),
            ("globex.localhost:4000", "/services/data/v66.0/limits", Some(token.as_str()), 401, "INVALID_SESSION_ID"),
            (ACME, "/services/data/v1.0/limits", Some(token.as_str()), 404, "NOT_FOUND"),
            (ACME, "/services/data/v66.0/nothing", Some(token.as_str()), 404, "NOT_FOUND"),
            (ACME, "/services/data/v66.0/query?q=SELECT", Some(token.as_str()), 400, "MALFORMED_QUERY"),
            (
                ACME,
                "/services/data/v66.0/query?q=SELECT+Id+FROM+ScratchOrgInfo",
                Some(token.as_str()),
                400,
                "INVALID_TYPE",
            ),
        ] {
            let reply = answer(&mut world, &get(host, path, token));
            assert_eq!((reply.status, json(&reply)[0]["errorCode"].as_str()), (status, Some(code)), "{path}");
        }
        let reply = answer(&mut world, &get(ACME, "/services/data/v66.0/limits", Some(&token)));
        assert_eq!((reply.status, json(&reply)["DailyApiRequests"]["Max"].as_u64()), (200, Some(15_000)));
        assert!(
            reply.headers.iter().any(|(name, value)| *name == "Sforce-Limit-Info" && value.starts_with("api-usage="))
        );
    }

    #[test]
    fn a_token_without_api_or_a_user_without_it_is_no_use() {
        let mut world = world();
        world.apps.get_mut("service-a").unwrap().scopes = vec!["web".into(), "refresh_token".into()];
        let web = token(&mut world);
        let reply = json(&answer(&mut world, &get(ACME, "/services/data/v66.0/limits", Some(&web))));
        assert_eq!(reply[0]["message"], "This session is not valid for use with the REST API");
        world.apps.get_mut("service-a").unwrap().scopes = vec!["full".into(), "refresh_token".into()];
        let full = token(&mut world);
        assert_eq!(answer(&mut world, &get(ACME, "/services/data/v66.0/limits", Some(&full))).status, 200);
        world.orgs.get_mut("acme").unwrap().users.get_mut("integration@acme.example").unwrap().api_enabled = false;
        let reply = answer(&mut world, &get(ACME, "/services/data/v66.0/limits", Some(&full)));
        assert_eq!((reply.status, json(&reply)[0]["errorCode"].as_str()), (403, Some("API_CURRENTLY_DISABLED")));
    }

    fn ask(world: &mut World, token: &str, query: &str) -> Value {
        let query = url::form_urlencoded::byte_serialize(query.as_bytes()).collect::<String>();
        json(&answer(world, &get(ACME, &format!("/services/data/v66.0/query?q={query}"), Some(token))))
    }

    #[test]
    fn queries_tell_whether_an_app_is_installed_and_who_may_use_it() {
        let mut world = world();
        let token = token(&mut world);
        let apps =
            ask(&mut world, &token, "SELECT Id, Name, OptionsAllowAdminApprovedUsersOnly FROM ConnectedApplication");
        assert_eq!((&apps["totalSize"], &apps["records"][0]["Name"]), (&json!(1), &json!("Service A")));
        assert_eq!(apps["records"][0]["OptionsAllowAdminApprovedUsersOnly"], true);
        let app = apps["records"][0]["Id"].as_str().unwrap().to_owned();
        let access = ask(
            &mut world,
            &token,
            &format!(
                "SELECT ParentId, Parent.Name FROM SetupEntityAccess WHERE SetupEntityId = '{app}' AND ParentId IN (SELECT \
             PermissionSetId FROM PermissionSetAssignment WHERE Assignee.Username = 'integration@acme.example')"
            ),
        );
        assert_eq!(access["records"][0]["Parent"]["Name"], "Service_A");
        let columns =
            get(ACME, "/services/data/v66.0/query?columns=true&q=SELECT+Id,Profile.Name+FROM+User", Some(&token));
        let columns = json(&answer(&mut world, &columns));
        assert_eq!(columns["columnMetadata"][1]["joinColumns"][0]["columnName"], "Name");
        let count = ask(
            &mut world,
            &token,
            "SELECT COUNT() FROM ExternalClientApplication WHERE DistributionState = 'Packaged'",
        );
        assert_eq!(count["totalSize"], 2);
        let history = ask(&mut world, &token, "SELECT Status FROM LoginHistory WHERE User.Username = 'x'");
        assert_eq!(history[0]["errorCode"], "INVALID_FIELD");
        assert_eq!(ask(&mut world, &token, "SELECT Status FROM LoginHistory")["records"][0]["Status"], "Success");
        let org = ask(&mut world, &token, "SELECT Name, IsSandbox FROM Organization");
        assert_eq!((&org["records"][0]["Name"], &org["records"][0]["IsSandbox"]), (&json!("Acme"), &json!(false)));
        world.orgs.get_mut("acme").unwrap().users.get_mut("integration@acme.example").unwrap().view_setup = false;
        let hidden = get(ACME, "/services/data/v66.0/query?q=SELECT+Id+FROM+ConnectedApplication", Some(&token));
        assert_eq!(json(&answer(&mut world, &hidden))[0]["errorCode"], "INVALID_TYPE");
    }

    #[test]
    fn records_are_found_by_either_form_of_their_id() {
        let mut world = world();
        let token = token(&mut world);
        let id = world.orgs["acme"].users["integration@acme.example"].id.clone();
        for id in [&id, &id[..15]] {
            let path = format!("/services/data/v66.0/sobjects/User/{id}");
            let record = json(&answer(&mut world, &get(ACME, &path, Some(&token))));
            assert_eq!(record["Username"], "integration@acme.example");
        }
        let reply = answer(&mut world, &get(ACME, "/services/data/v66.0/sobjects/User/005", Some(&token)));
        assert_eq!(reply.status, 404);
    }
}
