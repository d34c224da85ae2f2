//! `sf-jwt audit` as a user meets it: secrets of many kinds planted in a project, the real program, its three
//! forms of answer. Every secret is made or put together here, so that the audit of this repository is clean.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

/// A run of the program in a folder.
fn audit(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sf-jwt")).arg("audit").args(arguments).current_dir(folder).output().unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> (Value, i32) {
    let output = audit(folder, &[&["--json"], arguments].concat());
    let answer = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    (answer, output.status.code().unwrap())
}

/// Rule ids by file.
fn found(answer: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in answer["findings"].as_array().unwrap() {
        let text = |key: &str| finding[key].as_str().map(str::to_owned);
        let file = text("file").unwrap() + &text("member").map_or_else(String::new, |m| format!("!{m}"));
        found.entry(file).or_default().insert(text("rule").unwrap());
    }
    found
}

fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn metadata(root: &str, body: &str) -> String {
    let space = "http://soap.sforce.com/2006/04/metadata";
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{space}\">\n{body}\n</{root}>\n")
}

/// What is planted: path, content, the rule that must speak. `secrets` are the words that no answer may contain.
struct Plants {
    files: Vec<(&'static str, Vec<u8>, &'static str)>,
    secrets: Vec<String>,
}

fn plants() -> Plants {
    let tail = "Q1w2E3r4T5y6U7i8O9p0AsDfGhJkLzXcVbNmQ1w2E3r4";
    let secret = "9A8B7C6D5E4F30211203F4E5D6C7B8A9";
    let password = "Tr0ub4dor-and-3";
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let der = key.serialize_der();
    let pkcs8 = pem("PRIVATE KEY", &der);
    let access = format!("00D5e000000abCd!AQ{tail}");
    let refresh = format!("5Ae{}", format_args!("p861{tail}"));
    let client = format!("3MV{}", format_args!("G9{tail}{tail}"));
    let auth_url = format!("force://{client}::{refresh}@acme.my.salesforce.com");
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let jwt = format!(
        "{}.{}.{}",
        part(r#"{"alg":"RS256","typ":"JWT"}"#),
        part(r#"{"aud":"https://login.salesforce.com","sub":"a@b.c"}"#),
        part(tail)
    );
    let one_line = pkcs8.replace('\n', "\\n");
    let hexadecimal: String = der.iter().map(|byte| format!("{byte:02x}")).collect();
    let jks = [&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1][..], &[7; 64]].concat();
    let jceks = [&[0xce, 0xce, 0xce, 0xce, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1][..], &[7; 64]].concat();
    let pkcs12 =
        [
            &[
                0x30, 0x80, 0x02, 0x01, 0x03, 0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07,
                0x01,
            ][..],
            &[0; 64],
        ]
        .concat();
    let encrypted = [
        &[0x30, 0x50, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d, 0x30, 0x00][..],
        &[5; 65],
    ]
    .concat();
    let apex = |body: &str| format!("public class A {{\n  void a(Auth.JWT jwt) {{\n    {body}\n  }}\n}}\n");
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(pkcs8.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(pkcs8.as_bytes()).unwrap();
    let nested = zipped(&[("inner.zip", &zipped(&[("js/config.js", format!("t = '{refresh}'").as_bytes())]))]);
    let element = |name: &str| format!("<{name}>{secret}</{name}>");
    let record =
        format!("<values><field>Client_Secret__c</field><value xsi:type=\"xsd:string\">{secret}</value></values>");
    let label =
        format!("<labels><fullName>Api_Key</fullName><protected>true</protected><value>{secret}</value></labels>");
    let header = format!(
        "<externalCredentialParameters><parameterType>AuthHeader</parameterType><parameterValue>{secret}</parameterValue></externalCredentialParameters>"
    );
    let stored = format!(
        r#"{{"accessToken": "{0}:{0}", "instanceUrl": "https://a.my.salesforce.com", "username": "a@b.c"}}"#,
        secret.to_lowercase()
    );
    let cli_key = format!(r#"{{"service": "{}", "account": "local", "key": "{}"}}"#, "sfdx", secret.to_lowercase());
    let jwk = format!(r#"{{"kty": "RSA", "n": "{tail}", "e": "AQAB", "d": "{tail}{tail}"}}"#);
    let xml_key =
        format!("<RSAKeyValue><Modulus>{0}</Modulus><D>{0}</D></RSAKeyValue>", BASE64_STANDARD.encode([5; 60]));
    let putty = format!("PuTTY-User-Key-{}: ssh-rsa\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nAAAA\n", "File-3");
    let soap = format!("<n1:login><n1:username>a@b.c</n1:username><n1:password>{password}</n1:password></n1:login>");
    let basic = BASE64_STANDARD.encode(format!("integration:{password}"));
    let files: Vec<(&str, Vec<u8>, &str)> = vec![
        ("keys/pkcs8.pem", pkcs8.clone().into(), "private-key"),
        ("keys/pkcs1.key", pem("RSA PRIVATE KEY", &der).into(), "private-key-rsa"),
        ("keys/ec.key", pem("EC PRIVATE KEY", &der).into(), "private-key-ec"),
        ("keys/dsa.key", pem("DSA PRIVATE KEY", &der).into(), "private-key-dsa"),
        ("keys/encrypted.key", pem("ENCRYPTED PRIVATE KEY", &der).into(), "private-key-encrypted"),
        ("keys/encrypted.der", encrypted, "private-key-encrypted"),
        ("keys/id_rsa", pem("OPENSSH PRIVATE KEY", &der).into(), "private-key-openssh"),
        ("keys/pgp.asc", pem("PGP PRIVATE KEY BLOCK", &der).into(), "private-key-pgp"),
        ("keys/putty.ppk", putty.into(), "private-key-putty"),
        ("keys/key.der", der.clone(), "private-key-der"),
        ("keys/jwk.json", jwk.into(), "private-key-jwk"),
        ("keys/key.xml", xml_key.into(), "private-key-xml"),
        ("keys/one-line.yml", format!("key: \"{one_line}\"\n").into(), "private-key"),
        ("keys/utf16.txt", utf16, "private-key"),
        ("keys/base64-pem.txt", format!("KEY={}\n", BASE64_STANDARD.encode(&pkcs8)).into(), "private-key-encoded"),
        ("keys/base64-der.properties", format!("key={}\n", BASE64_STANDARD.encode(&der)).into(), "private-key-encoded"),
        ("keys/hex.txt", hexadecimal.into(), "private-key-encoded"),
        ("keys/in.gz", gzip.finish().unwrap(), "private-key"),
        ("keys/store.jks", jks, "keystore-jks"),
        ("keys/store.jceks", jceks, "keystore-jceks"),
        ("keys/store.p12", pkcs12, "keystore-pkcs12"),
        ("tokens/access.txt", format!("curl -H 'Authorization: Bearer {access}'\n").into(), "access-token"),
        ("tokens/front-door.txt", format!("frontdoor.jsp?sid={}\n", access.replace('!', "%21")).into(), "access-token"),
        ("tokens/jwt.http", format!("Authorization: Bearer {jwt}\n").into(), "access-token-jwt"),
        ("tokens/refresh.js", format!("const t = '{refresh}';\n").into(), "refresh-token"),
        ("tokens/auth-url.json", format!("{{\"sfdxAuthUrl\": \"{auth_url}\"}}\n").into(), "sfdx-auth-url"),
        (".sfdx/a@b.c.json", stored.into(), "sf-cli-auth-file"),
        (".sfdx/key.json", cli_key.into(), "sf-cli-key"),
        ("src/secret.ts", format!("const clientSecret: string = '{secret}';\n").into(), "consumer-secret"),
        ("src/body.py", format!("body = 'grant_type=x&client_secret={secret}'\n").into(), "consumer-secret"),
        ("build.properties", format!("sf.username = a@b.c\nsf.password = {password}\n").into(), "salesforce-password"),
        ("src/token.rb", format!("security_token = '{secret}'\n").into(), "security-token"),
        (
            "src/grant.txt",
            format!("grant_type=password&username=a&password={password}\n").into(),
            "oauth-password-grant",
        ),
        ("src/login.xml", soap.into(), "soap-login-password"),
        ("src/basic.http", format!("Authorization: Basic {basic}\n").into(), "basic-credentials"),
        ("ci.sh", format!("keytool -list -storepass {password}\n").into(), "key-passphrase"),
        ("src/url.txt", format!("https://integration:{password}@acme.example/\n").into(), "url-credentials"),
        (".env", format!("WEBHOOK_TOKEN={secret}\n").into(), "dotenv-secret"),
        (".env.local", "PORT=8080\n".into(), "dotenv-file"),
        ("force-app/main/classes/Iss.cls", apex("jwt.setIss('my-app');").into(), "jwt-issuer-in-apex"),
        ("force-app/main/classes/Sub.cls", apex("jwt.setSub('me@acme.com');").into(), "jwt-subject-in-apex"),
        (
            "force-app/main/classes/Aud.cls",
            apex("jwt.setAud('https://login.salesforce.com');").into(),
            "jwt-audience-in-apex",
        ),
        ("force-app/main/classes/Key.cls", apex(&format!("String k = '{client}';")).into(), "consumer-key-in-apex"),
        ("force-app/main/classes/Cert.cls", apex("new Auth.JWS(jwt, 'Acme');").into(), "certificate-name-in-apex"),
        ("force-app/main/classes/Pw.cls", apex(&format!("String apiKey = '{secret}';")).into(), "credential-in-apex"),
        (
            "force-app/main/connectedApps/A.connectedApp-meta.xml",
            metadata("ConnectedApp", &format!("<oauthConfig>{}</oauthConfig>", element("consumerSecret"))).into(),
            "connected-app-secret",
        ),
        (
            "force-app/main/connectedApps/B.connectedApp-meta.xml",
            metadata("ConnectedApp", &format!("<oauthConfig><consumerKey>{client}</consumerKey></oauthConfig>")).into(),
            "consumer-key",
        ),
        (
            "force-app/main/extlClntAppGlobalOauthSets/A.ecaGlblOauth-meta.xml",
            metadata("ExtlClntAppGlobalOauthSettings", "<label>A</label>").into(),
            "eca-global-oauth-settings",
        ),
        (
            "force-app/main/authproviders/A.authprovider-meta.xml",
            metadata("AuthProvider", &element("consumerSecret")).into(),
            "auth-provider-secret",
        ),
        (
            "force-app/main/namedCredentials/A.namedCredential-meta.xml",
            metadata("NamedCredential", &element("password")).into(),
            "named-credential-secret",
        ),
        (
            "force-app/main/externalCredentials/A.externalCredential-meta.xml",
            metadata("ExternalCredential", &header).into(),
            "external-credential-secret",
        ),
        (
            "force-app/main/dataSources/A.dataSource-meta.xml",
            metadata("ExternalDataSource", &element("oauthToken")).into(),
            "external-data-source-secret",
        ),
        (
            "force-app/main/customMetadata/A.md-meta.xml",
            metadata("CustomMetadata", &record).into(),
            "custom-metadata-secret",
        ),
        ("force-app/main/labels/A.labels-meta.xml", metadata("CustomLabels", &label).into(), "custom-label-secret"),
        ("force-app/main/staticresources/Zip.resource", nested, "refresh-token"),
    ];
    let shapes = [tail, secret, password, &secret.to_lowercase(), &basic];
    let lines = pkcs8.lines().skip(1).take(20);
    let secrets = shapes.into_iter().chain(lines.filter(|line| !line.starts_with('-'))).map(str::to_owned).collect();
    Plants { files, secrets }
}

const PROJECT: &str = r#"{"packageDirectories": [{"path": "force-app", "default": true}]}"#;

#[test]
fn every_planted_secret_is_found_and_none_is_shown() {
    let root = tempfile::tempdir().unwrap();
    let plants = plants();
    write(root.path(), "sfdx-project.json", PROJECT);
    for (path, content, _) in &plants.files {
        write(root.path(), path, content);
    }
    let (answer, exit) = json(root.path(), &[]);
    assert_eq!((exit, &answer["ok"]), (3, &Value::Bool(false)));
    let found = found(&answer);
    let mut rules = BTreeSet::new();
    for (path, _, rule) in &plants.files {
        let path = if path.ends_with("Zip.resource") { &format!("{path}!inner.zip!js/config.js") } else { *path };
        let path = if path.ends_with(".gz") { &format!("{path}!(gzip)") } else { path };
        let ids = found.get(path).unwrap_or_else(|| panic!("nothing found in {path}"));
        assert!(ids.contains(*rule), "{path}: {ids:?} instead of {rule}");
        // a .env has a finding of its own besides; nothing else is told twice
        let extra = ids.iter().filter(|id| *id != rule && *id != "dotenv-file").count();
        assert_eq!(extra, 0, "{path}: {ids:?}");
        rules.insert(*rule);
    }
    assert!(rules.len() >= 40, "{} kinds", rules.len());

    for arguments in [&["--json"][..], &["--format", "sarif"], &["--format", "text"], &["--color", "always"]] {
        let output = audit(root.path(), arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        for secret in &plants.secrets {
            for part in [&secret[..12], &secret[secret.len() - 12..]] {
                assert!(!said.contains(part), "{arguments:?} shows a part of a secret: {part}");
            }
        }
    }
}

#[test]
fn a_clean_project_is_clean() {
    let root = tempfile::tempdir().unwrap();
    let certificate = pem("CERTIFICATE", &[9; 700]);
    let app = format!("<oauthConfig><certificate>{certificate}</certificate></oauthConfig>");
    write(root.path(), "sfdx-project.json", PROJECT);
    write(root.path(), "force-app/A.connectedApp-meta.xml", metadata("ConnectedApp", &app));
    write(root.path(), "force-app/certs/A.crt", &certificate);
    write(root.path(), "force-app/A.cls", "public class A { void a(Auth.JWT j, C__mdt c) { j.setIss(c.Key__c); } }");
    write(root.path(), ".env.example", "SF_CLIENT_SECRET=\n");
    let (answer, exit) = json(root.path(), &["."]);
    assert_eq!((exit, answer["findings"].as_array().map(Vec::len)), (0, Some(0)), "{answer}");
    assert_eq!(answer["files"], 5);
}

#[test]
fn what_ships_and_what_is_committed() {
    let root = tempfile::tempdir().unwrap();
    let key = pem("RSA PRIVATE KEY", &[8; 300]);
    write(root.path(), ".git/HEAD", "ref: refs/heads/main\n");
    write(root.path(), ".gitignore", "*.key\n");
    write(root.path(), ".forceignore", "**/local/**\n");
    write(root.path(), "sfdx-project.json", PROJECT);
    for path in ["server.key", "committed.pem", "force-app/staticresources/server.key", "force-app/local/a.pem"] {
        write(root.path(), path, &key);
    }
    let (answer, exit) = json(root.path(), &[]);
    let files: Vec<String> = found(&answer).into_keys().collect();
    assert_eq!((exit, files), (3, vec!["committed.pem".into(), "force-app/staticresources/server.key".into()]));
    let warning = &answer["warnings"][0];
    assert_eq!(warning["reason"], "not-ignored-by-git");
    assert!(warning["message"].as_str().unwrap().starts_with("force-app/local/a.pem holds an RSA private key"));
}

#[test]
fn a_finding_tells_where_what_why_and_how_instead() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "a.cls", "public class A {\n  // é\n  void a() { jwt.setSub('é@acme.com'); }\n}\n");
    let (answer, exit) = json(root.path(), &["a.cls"]);
    assert_eq!((exit, &answer["ok"]), (0, &Value::Bool(true)), "a warning is no error");
    let finding = &answer["findings"][0];
    let keys: BTreeSet<&str> = finding.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        Vec::from_iter(keys),
        ["column", "excerpt", "file", "level", "line", "member", "remedy", "rule", "title", "why"]
    );
    assert_eq!((&finding["line"], &finding["column"]), (&3.into(), &26.into()));
    let text = String::from_utf8(audit(root.path(), &["a.cls"]).stdout).unwrap();
    assert!(text.starts_with("a.cls:3:26: warning: a hard-coded setSub"), "{text}");
    assert!(text.contains("Custom Metadata or a Custom Setting"), "{text}");
}

#[test]
fn a_comment_accepts_one_rule() {
    let root = tempfile::tempdir().unwrap();
    let line = format!("const clientSecret = '{}';", "9A8B7C6D5E4F30211203");
    write(root.path(), "a.js", format!("// throw-away, sf-jwt:allow consumer-secret\n{line}\n"));
    write(root.path(), "b.js", format!("{line} // sf-jwt:allow consumer-secret\n"));
    write(root.path(), "c.js", format!("// sf-jwt:allow access-token\n{line}\n"));
    let (answer, exit) = json(root.path(), &[]);
    assert_eq!((exit, found(&answer).into_keys().collect::<Vec<_>>()), (3, vec!["c.js".to_owned()]));
    assert_eq!(answer["counts"]["allowed"], 2);
}

#[test]
fn hostile_files_end_in_a_warning() {
    let root = tempfile::tempdir().unwrap();
    let zeros = vec![0; 8 * 1024 * 1024];
    let bomb = zipped(&[("0", &zeros), ("1", &zeros), ("2", &zeros), ("3", &zeros)]);
    let bomb = zipped(&[("a.zip", &bomb), ("b.zip", &bomb), ("c.zip", &bomb), ("d.zip", &bomb)]);
    write(root.path(), "bomb.zip", bomb);
    write(root.path(), "damaged.zip", b"PK\x03\x04 and nothing more");
    fs::File::create(root.path().join("huge.txt")).unwrap().set_len(1 << 40).unwrap();
    let mut nested = b"x".to_vec();
    for _ in 0..9 {
        nested = zipped(&[("n.zip", &nested)]);
    }
    write(root.path(), "nested.zip", nested);
    let (answer, exit) = json(root.path(), &[]);
    assert_eq!(exit, 0);
    let mut warned: Vec<&str> =
        answer["warnings"].as_array().unwrap().iter().map(|w| w["message"].as_str().unwrap()).collect();
    warned.sort_unstable();
    let begins: Vec<&str> = warned.iter().map(|w| w.split(' ').next().unwrap()).collect();
    assert_eq!(begins, ["bomb.zip", "damaged.zip", "huge.txt", "nested.zip"], "{warned:?}");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_a_warning_and_the_rest_goes_on() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "shut/a", "");
    write(root.path(), "zz.pem", pem("RSA PRIVATE KEY", &[8; 300]));
    symlink(".", root.path().join("loop")).unwrap();
    Command::new("mkfifo").arg(root.path().join("pipe")).status().unwrap();
    fs::set_permissions(root.path().join("shut"), fs::Permissions::from_mode(0o0)).unwrap();
    let superuser = fs::read_dir(root.path().join("shut")).is_ok();
    let (answer, exit) = json(root.path(), &[]);
    fs::set_permissions(root.path().join("shut"), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!((exit, found(&answer).into_keys().collect::<Vec<_>>()), (3, vec!["zz.pem".to_owned()]));
    assert_eq!(answer["warnings"].as_array().unwrap().len(), usize::from(!superuser), "{answer}");
}

#[test]
fn wrong_words_are_usage_errors() {
    let root = tempfile::tempdir().unwrap();
    let (answer, exit) = json(root.path(), &["no-such-folder"]);
    assert_eq!((exit, &answer["error"]["data"]["kind"]), (2, &"usage".into()), "{answer}");
    assert_eq!(audit(root.path(), &["--format", "pdf"]).status.code(), Some(2));
    assert_eq!(audit(root.path(), &["--json", "--format", "sarif"]).status.code(), Some(2));
}
