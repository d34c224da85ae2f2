//! Transcripts: one exchange a file. `//` says what it shows, `$` the command lines, `>>` what the client sends,
//! `<<` what it gets; `>>|` sends bytes exactly as the JSON string after it says, and `== N` is the exit code.
//!
//! `<name>` in a text stands for something that differs from run to run: the same name stands for the same text, in
//! what is sent later too. `"...": "..."` in an object, and `"..."` at the end of an array, stand for further ones.

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use sf_jwt::emulator::{self, Fault, Kit, Options, Running, world_file};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Framing {
    Lines,
    ContentLength,
}

enum Step {
    Send(Vec<u8>, bool),
    Get(Value),
}

pub(crate) struct Transcript {
    pub(crate) name: String,
    commands: Vec<Vec<String>>,
    steps: Vec<Step>,
    exit: i32,
}

impl Transcript {
    pub(crate) fn all(folder: &Path) -> Vec<Transcript> {
        let mut files: Vec<PathBuf> = Vec::new();
        for method in std::fs::read_dir(folder).unwrap() {
            files.extend(std::fs::read_dir(method.unwrap().path()).unwrap().map(|file| file.unwrap().path()));
        }
        files.sort();
        files.iter().map(|file| Transcript::read(folder, file)).collect()
    }

    fn read(folder: &Path, file: &Path) -> Transcript {
        let name = file.strip_prefix(folder).unwrap().with_extension("").display().to_string();
        let mut transcript = Transcript { name, commands: Vec::new(), steps: Vec::new(), exit: 0 };
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.starts_with("// "), "{} does not say what it shows", transcript.name);
        for line in text.lines() {
            if let Some(command) = line.strip_prefix("$ sf-jwt ") {
                transcript.commands.push(shlex::split(command).unwrap());
            } else if let Some(bytes) = line.strip_prefix(">>| ") {
                let bytes: String = serde_json::from_str(bytes).unwrap();
                transcript.steps.push(Step::Send(bytes.into_bytes(), true));
            } else if let Some(message) = line.strip_prefix(">> ") {
                transcript.steps.push(Step::Send(message.as_bytes().to_vec(), false));
            } else if let Some(message) = line.strip_prefix("<< ") {
                let message = serde_json::from_str(message).unwrap_or_else(|e| panic!("{}: {e}", transcript.name));
                transcript.steps.push(Step::Get(message));
            } else if let Some(code) = line.strip_prefix("== ") {
                transcript.exit = code.parse().unwrap();
            } else {
                assert!(line.is_empty() || line.starts_with("//"), "{}: {line}", transcript.name);
            }
        }
        transcript
    }

    fn sent(&self) -> impl Iterator<Item = Value> + '_ {
        self.steps.iter().filter_map(|step| match step {
            Step::Send(bytes, false) => serde_json::from_slice(bytes).ok(),
            _ => None,
        })
    }

    pub(crate) fn methods(&self) -> Vec<String> {
        let one = |message: Value| message["method"].as_str().map(str::to_owned);
        let many = |message: Value| match message {
            Value::Array(messages) => messages,
            one => vec![one],
        };
        self.sent().flat_map(many).filter_map(one).collect()
    }

    pub(crate) fn error_kinds(&self) -> Vec<String> {
        let kind = |step: &Step| match step {
            Step::Get(message) => message["error"]["data"]["kind"].as_str().map(str::to_owned),
            Step::Send(..) => None,
        };
        self.steps.iter().filter_map(kind).collect()
    }

    /// The first exchange as an OpenRPC example, when the file is one of `method`'s and is called `example…`.
    pub(crate) fn example(&self, method: &str) -> Option<Value> {
        let (folder, case) = self.name.split_once('/')?;
        if folder != method || !case.starts_with("example") {
            return None;
        }
        let request = self.sent().find(|message| message["method"] == method)?;
        let result = self.steps.iter().find_map(|step| match step {
            Step::Get(message) if message["id"] == request["id"] => message.get("result").map(as_example),
            _ => None,
        })?;
        let empty = Map::new();
        let params = request["params"].as_object().unwrap_or(&empty);
        let params = params.iter().map(|(name, value)| json!({"name": name, "value": as_example(value)}));
        let params: Vec<Value> = params.collect();
        Some(json!({"name": case, "params": params, "result": {"name": "result", "value": result}}))
    }

    /// Plays the transcript against the built program.
    pub(crate) fn play(&self, world: &World, schemas: &Schemas, framing: Framing) -> Result<(), String> {
        let raw = self.steps.iter().any(|step| matches!(step, Step::Send(_, true)));
        if raw && framing == Framing::ContentLength {
            return Ok(());
        }
        let stage = world.stage(&self.commands)?;
        let command = self.commands.iter().find(|command| command[0] != "emulator").ok_or("no command")?;
        if command[0] == "call" && framing == Framing::ContentLength {
            return Ok(());
        }
        let mut talk = Talk { names: stage.names.clone(), methods: HashMap::new() };
        let command: Vec<String> = command.iter().map(|word| talk.fill(word)).collect();
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let mut child = Client::spawn(&words, Some(&stage.home), framing);
        for step in &self.steps {
            match step {
                Step::Send(bytes, true) => {
                    child.raw = true;
                    child.write(bytes);
                }
                Step::Send(bytes, false) => {
                    let message = talk.fill(std::str::from_utf8(bytes).unwrap());
                    talk.note(&message);
                    child.send(&message);
                }
                Step::Get(wanted) => {
                    let got = child.receive(framing).ok_or_else(|| format!("nothing came instead of {wanted}"))?;
                    talk.compare(wanted, &got, "answer").map_err(|why| format!("{why}\n  got {got}"))?;
                    schemas.check(&got, &talk.methods)?;
                }
            }
        }
        let (rest, stderr, code) = child.end();
        match (rest.as_str(), stderr.as_str(), code) {
            ("", "", code) if code == self.exit => Ok(()),
            (rest, stderr, code) => Err(format!("at the end: exit {code}, stdout {rest:?}, stderr {stderr:?}")),
        }
    }
}

/// An answer as an example of one: without the marks that stand for further members, and with something in the place
/// of every name.
fn as_example(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let rest = members.iter().filter(|(name, _)| *name != "...");
            Value::Object(rest.map(|(name, value)| (name.clone(), as_example(value))).collect())
        }
        Value::Array(elements) => elements.iter().filter(|element| *element != "...").map(as_example).collect(),
        Value::String(text) => {
            let number = EXAMPLES.iter().find(|(name, _)| format!("<{name}>") == *text).map(|(_, value)| value.parse());
            if let Some(Ok(number)) = number {
                return Value::Number(number);
            }
            let text =
                EXAMPLES.iter().fold(text.clone(), |text, (name, value)| text.replace(&format!("<{name}>"), value));
            assert!(!text.contains('<'), "what does {text} stand for in an example?");
            text.into()
        }
        other => other.clone(),
    }
}

/// What names stand for in examples; numbers where a text is nothing but the name.
const EXAMPLES: [(&str, &str); 20] = [
    ("acme-address", "https://acme.my.salesforce.com"),
    ("globex-address", "https://globex.my.salesforce.com"),
    ("owner-address", "https://owner.my.salesforce.com"),
    ("uat-address", "https://acme--uat.sandbox.my.salesforce.com"),
    ("acme-id", "00D5e000005AHE7EAO"),
    ("user-id", "0055e00000A1b2CAAR"),
    ("identity-url", "https://acme.my.salesforce.com/id/00D5e000005AHE7EAO/0055e00000A1b2CAAR"),
    ("token-1", "00D5e000005AHE7!…"),
    ("client-id", "3MVG9…"),
    ("key", "/home/ci/keys/acme.key"),
    ("time-1", "2026-11-22T10:00:00Z"),
    ("time-2", "2026-11-22T10:10:00Z"),
    ("time-3", "2026-11-22T10:10:00Z"),
    ("iat-1", "1795341600"),
    ("exp-2", "1795341780"),
    ("jti", "5PBq2rZkS0mT1w8hXyVdNg"),
    ("version", env!("CARGO_PKG_VERSION")),
    ("ms-1", "0"),
    ("ms-2", "1"),
    ("ms-3", "0"),
];

/// What names stand for, and which method an id asked for.
struct Talk {
    names: HashMap<String, String>,
    methods: HashMap<String, String>,
}

impl Talk {
    fn fill(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("<{name}>"), value))
    }

    fn note(&mut self, message: &str) {
        let messages = match serde_json::from_str(message) {
            Ok(Value::Array(messages)) => messages,
            Ok(one) => vec![one],
            Err(_) => return,
        };
        for message in messages {
            if let (Some(id), Some(method)) = (message.get("id"), message["method"].as_str()) {
                self.methods.insert(id.to_string(), method.to_owned());
            }
        }
    }

    fn compare(&mut self, wanted: &Value, got: &Value, at: &str) -> Result<(), String> {
        match (wanted, got) {
            (Value::String(wanted), got)
                if wanted.starts_with('<') && wanted.ends_with('>') && !wanted.contains(' ') =>
            {
                let name = &wanted[1..wanted.len() - 1];
                let text = got.as_str().map_or_else(|| got.to_string(), str::to_owned);
                match self.names.get(name) {
                    Some(known) if *known != text => Err(format!("{at}: {text:?} is not the <{name}> {known:?}")),
                    Some(_) => Ok(()),
                    None => {
                        self.names.insert(name.to_owned(), text);
                        Ok(())
                    }
                }
            }
            (Value::String(wanted), Value::String(got)) if self.fill(wanted) == *got => Ok(()),
            (Value::Object(wanted), Value::Object(got)) => {
                for (name, value) in wanted.iter().filter(|(name, _)| *name != "...") {
                    let found = got.get(name).ok_or_else(|| format!("{at}.{name} is missing"))?;
                    self.compare(value, found, &format!("{at}.{name}"))?;
                }
                let more = got.keys().find(|name| !wanted.contains_key(*name));
                match more.filter(|_| !wanted.contains_key("...")) {
                    Some(name) => Err(format!("{at}.{name} is there, too")),
                    None => Ok(()),
                }
            }
            (Value::Array(wanted), Value::Array(got)) => {
                let open = wanted.last().is_some_and(|last| last == "...");
                let wanted = if open { &wanted[..wanted.len() - 1] } else { wanted };
                if got.len() < wanted.len() || (!open && got.len() > wanted.len()) {
                    return Err(format!("{at}: {} elements instead of {}", got.len(), wanted.len()));
                }
                let pairs = wanted.iter().zip(got).enumerate();
                pairs.into_iter().try_for_each(|(i, (w, g))| self.compare(w, g, &format!("{at}[{i}]")))
            }
            (wanted, got) if wanted == got => Ok(()),
            (wanted, got) => Err(format!("{at}: {got} instead of {wanted}")),
        }
    }
}

/// The document's schemas, ready to judge answers.
pub(crate) struct Schemas {
    document: Value,
    validators: RefCell<HashMap<String, Validator>>,
}

impl Schemas {
    pub(crate) fn new(document: Value) -> Schemas {
        Schemas { document, validators: RefCell::default() }
    }

    fn check(&self, message: &Value, methods: &HashMap<String, String>) -> Result<(), String> {
        if let Value::Array(messages) = message {
            return messages.iter().try_for_each(|message| self.check(message, methods));
        }
        if let Some(error) = message.get("error") {
            return self.judge("error", json!({"$ref": "#/components/schemas/ErrorObject"}), error);
        }
        if message["method"] == "$/progress" {
            let schema = json!({"$ref": "#/components/schemas/ProgressParams"});
            return self.judge("progress", schema, &message["params"]);
        }
        let Some(method) = message.get("id").and_then(|id| methods.get(&id.to_string())) else { return Ok(()) };
        let methods = self.document["methods"].as_array().unwrap();
        let described = methods.iter().find(|m| m["name"] == method.as_str()).ok_or("an undocumented method")?;
        self.judge(method, described["result"]["schema"].clone(), &message["result"])
    }

    /// Whether the examples of a method are as its parameters and its result are described.
    pub(crate) fn check_examples(&self, method: &Value) -> Result<usize, String> {
        let name = method["name"].as_str().unwrap();
        let examples = method["examples"].as_array().map(Vec::as_slice).unwrap_or_default();
        for example in examples {
            self.judge(name, method["result"]["schema"].clone(), &example["result"]["value"])?;
            for given in example["params"].as_array().unwrap() {
                let known = method["params"].as_array().unwrap().iter().find(|param| param["name"] == given["name"]);
                let schema = known.ok_or("an undocumented parameter")?["schema"].clone();
                self.judge(&format!("{name} {}", given["name"]), schema, &given["value"])?;
            }
        }
        Ok(examples.len())
    }

    fn judge(&self, name: &str, mut schema: Value, instance: &Value) -> Result<(), String> {
        let mut validators = self.validators.borrow_mut();
        let validator = validators.entry(name.to_owned()).or_insert_with(|| {
            // draft 07 ignores what stands beside a $ref
            if let Some(reference) = schema.get("$ref").cloned() {
                schema = json!({"allOf": [{"$ref": reference}]});
            }
            schema["components"] = self.document["components"].clone();
            jsonschema::draft7::new(&schema).unwrap()
        });
        validator.validate(instance).map_err(|error| format!("not as documented, {}: {error}", error.instance_path()))
    }
}

/// The emulated orgs, and a home folder whose configuration knows them.
pub(crate) struct World {
    folder: tempfile::TempDir,
}

/// What one transcript plays in.
struct Stage {
    home: PathBuf,
    names: HashMap<String, String>,
    _running: Running,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let kit = Kit::new(Some(folder.path()), Path::new("")).unwrap();
        world_file::read(world_file::BUILT_IN, &kit).unwrap(); // makes the key
        World { folder }
    }

    fn stage(&self, commands: &[Vec<String>]) -> Result<Stage, String> {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join(".config/sf-jwt");
        std::fs::create_dir_all(&config).unwrap();
        for file in ["emulator.key", "emulator.crt"] {
            std::fs::copy(self.folder.path().join(file), config.join(file)).unwrap();
        }
        let kit = Kit::new(Some(&config), Path::new("")).map_err(|e| e.to_string())?;
        let mut options = Options::new(world_file::read(world_file::BUILT_IN, &kit).map_err(|e| e.to_string())?);
        let emulator = commands.iter().find(|command| command[0] == "emulator");
        for pair in emulator.map(|words| &words[1..]).unwrap_or_default().chunks(2) {
            match pair[0].as_str() {
                "--fault" => options.fault = Some(Fault::from_name(&pair[1]).ok_or("no such fault")?),
                "--latency" => options.latency = Duration::from_millis(pair[1].parse().unwrap()),
                other => return Err(format!("unknown option {other}")),
            }
        }
        let running = emulator::start(options).map_err(|e| e.to_string())?;
        kit.write_config(&running).map_err(|e| e.to_string())?;
        let ready = serde_json::to_value(running.ready()).unwrap();
        let mut names = HashMap::from([
            ("key".to_owned(), config.join("emulator.key").display().to_string()),
            ("certificate".to_owned(), config.join("emulator.crt").display().to_string()),
            ("home".to_owned(), home.path().display().to_string()),
            ("login-url".to_owned(), ready["loginUrl"].as_str().unwrap().to_owned()),
        ]);
        for (org, about) in ready["orgs"].as_object().unwrap() {
            names.insert(format!("{org}-url"), about["url"].as_str().unwrap().to_owned());
            names.insert(format!("{org}-host"), about["url"].as_str().unwrap().replace("http://", ""));
            names.insert(format!("{org}-address"), about["addressUrl"].as_str().unwrap().to_owned());
            let host = about["addressUrl"].as_str().unwrap().replace("http://", "");
            names.insert(format!("{org}-address-host"), host);
            names.insert(format!("{org}-id"), about["orgId"].as_str().unwrap().to_owned());
            if let Some(app) = about["apps"].as_array().and_then(|apps| apps.iter().find(|a| a["name"] == "service-a"))
            {
                names.extend(app["clientId"].as_str().map(|id| ("client-id".to_owned(), id.to_owned())));
            }
        }
        Ok(Stage { home: home.path().to_owned(), names, _running: running, _folder: home })
    }
}

fn command(words: &[&str], home: Option<&Path>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sf-jwt"));
    command.args(words).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(home) = home {
        command.env("HOME", home).env("XDG_RUNTIME_DIR", home);
    }
    command
}

/// Runs the program with an input until it ends.
pub(crate) fn run(words: &[&str], input: &[u8], home: Option<&Path>) -> Output {
    let mut child = command(words, home).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    output
}

/// Runs the program with an input, all of which is written before anything is read.
pub(crate) fn write_then_read(words: &[&str], input: &[u8]) -> Output {
    let mut child = command(words, None).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// The program as a client sees it.
struct Client {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    framing: Framing,
    raw: bool,
}

impl Client {
    fn spawn(words: &[&str], home: Option<&Path>, framing: Framing) -> Client {
        let mut child = command(words, home).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Client { child, stdout, framing, raw: false }
    }

    fn write(&mut self, bytes: &[u8]) {
        // a server that has ended is noticed when nothing comes back
        let _ = self.child.stdin.as_mut().unwrap().write_all(bytes);
    }

    fn send(&mut self, message: &str) {
        match self.framing {
            Framing::Lines => self.write(format!("{message}\n").as_bytes()),
            Framing::ContentLength => {
                self.write(format!("Content-Length: {}\r\n\r\n{message}", message.len()).as_bytes());
            }
        }
    }

    /// The next answer; raw bytes are answered in the framing that they chose.
    fn receive(&mut self, framing: Framing) -> Option<Value> {
        let mut line = String::new();
        self.stdout.read_line(&mut line).ok()?;
        let Some(length) = line.strip_prefix("Content-Length: ") else {
            assert!(line.is_empty() || self.raw || framing == Framing::Lines, "{line}");
            return serde_json::from_str(&line).ok();
        };
        let mut body = vec![0; length.trim_end().parse::<usize>().ok()? + 2];
        self.stdout.read_exact(&mut body).ok()?;
        serde_json::from_slice(body.strip_prefix(b"\r\n")?).ok()
    }

    fn end(mut self) -> (String, String, i32) {
        drop(self.child.stdin.take());
        let (mut rest, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (rest, stderr, self.child.wait().unwrap().code().unwrap_or(-1))
    }
}
