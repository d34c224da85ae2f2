//! Other people's programs: run without a shell, with a limit on time and output, and gone when nobody waits for
//! them any more.

use crate::secret::SecretBytes;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

/// Our variables that can hold a secret: no child inherits them.
pub const SECRET_VARIABLES: [&str; 3] = ["SF_JWT_PRIVATE_KEY", "SF_JWT_KEY", "SF_JWT_PASSPHRASE"];

/// How a program is run.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    /// Further variables that it must not inherit.
    pub hidden: &'a [&'a str],
    /// A person is at the terminal: the program may ask there, and its complaints go there. Otherwise it gets a
    /// process group of its own, so that its children end with it.
    pub person: bool,
    /// The longest it may take.
    pub patience: Duration,
    /// The most it may print, in bytes.
    pub cap: usize,
}

/// Why a program gave nothing usable.
#[derive(Debug)]
pub enum Failure {
    /// It could not be started.
    NotStarted(io::ErrorKind),
    /// It ended otherwise than with code 0.
    Ended {
        /// Its exit code; `None` when a signal ended it.
        code: Option<i32>,
        /// The end of what it wrote to standard error, whole lines, unless that was the terminal: not fit to be
        /// shown yet.
        complaint: String,
    },
    /// It did not end in time, and was killed.
    TimedOut,
    /// It printed more than the cap, and was killed.
    TooMuch,
    /// The pipes to it broke.
    Broken(io::ErrorKind),
}

/// Runs a program, gives it `input`, and returns what it printed. Dropping the future kills it.
pub async fn run(
    program: &str,
    arguments: &[String],
    input: &[u8],
    manner: Manner<'_>,
) -> Result<SecretBytes, Failure> {
    let mut child = start(program, arguments, manner).map_err(|error| Failure::NotStarted(error.kind()))?;
    let group = Group::of(&child, manner.person);
    let outcome = tokio::time::timeout(manner.patience, converse(&mut child, input, manner.cap)).await;
    match outcome {
        Ok(Ok((status, output, _))) if status.success() => {
            group.spare();
            Ok(output)
        }
        Ok(Ok((status, _, complaint))) => {
            group.spare();
            Err(Failure::Ended { code: status.code(), complaint: whole_lines(&complaint) })
        }
        Ok(Err(failure)) => Err(failure),
        Err(_) => Err(Failure::TimedOut),
    }
}

fn start(program: &str, arguments: &[String], manner: Manner) -> io::Result<Child> {
    let mut builder = Command::new(program);
    builder.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    for name in SECRET_VARIABLES.iter().chain(manner.hidden) {
        builder.env_remove(name);
    }
    if manner.person {
        builder.stderr(Stdio::inherit());
    } else {
        builder.stderr(Stdio::piped());
        #[cfg(unix)]
        builder.process_group(0);
    }
    builder.spawn()
}

/// Writes, reads and waits at the same time: a program may print before it has read everything.
async fn converse(child: &mut Child, input: &[u8], cap: usize) -> Result<(ExitStatus, SecretBytes, Vec<u8>), Failure> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (mut output, mut complaint) = (Zeroizing::new(Vec::new()), Vec::new());
    let status = {
        let pipes = async {
            tokio::try_join!(write(stdin, input), read(stdout, &mut output, cap), tail(stderr, &mut complaint))
        };
        tokio::pin!(pipes);
        tokio::select! {
            done = &mut pipes => {
                done?;
                child.wait().await
            }
            status = child.wait() => {
                // what it left in the background may hold the pipes open for ever
                if let Ok(done) = tokio::time::timeout(Duration::from_millis(500), &mut pipes).await {
                    done?;
                }
                status
            }
        }
    };
    let status = status.map_err(|error| Failure::Broken(error.kind()))?;
    Ok((status, SecretBytes::from(std::mem::take(&mut *output)), complaint))
}

async fn write(to: Option<impl AsyncWrite + Unpin>, input: &[u8]) -> Result<(), Failure> {
    if let Some(mut to) = to {
        // a program that does not read its input closes the pipe; its answer decides
        let _ = to.write_all(input).await;
    }
    Ok(())
}

async fn read(from: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>, cap: usize) -> Result<(), Failure> {
    let Some(from) = from else { return Ok(()) };
    let most = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
    from.take(most).read_to_end(into).await.map_err(|error| Failure::Broken(error.kind()))?;
    if into.len() > cap { Err(Failure::TooMuch) } else { Ok(()) }
}

/// How much of the complaints is kept, in bytes.
const KEPT: usize = 2048;

/// Keeps the end, and reads on, for a full pipe would stop the program.
async fn tail(from: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> Result<(), Failure> {
    let Some(mut from) = from else { return Ok(()) };
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        into.extend_from_slice(&buffer[..count]);
        into.drain(..into.len().saturating_sub(KEPT));
    }
    Ok(())
}

/// Without the rest of a line whose beginning was not kept: it cannot be judged.
fn whole_lines(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    match complaint.len() {
        KEPT => text.split_once('\n').map_or_else(String::new, |(_, lines)| lines.to_owned()),
        _ => text.into_owned(),
    }
}

/// The process group of a child, killed unless spared.
struct Group(Option<u32>);

impl Group {
    fn of(child: &Child, person: bool) -> Group {
        Group(if person { None } else { child.id() })
    }

    /// The child has ended by itself: what it left behind (an agent) is its own affair.
    fn spare(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(leader) = self.0.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::time::Instant;

    const MANNER: Manner<'static> =
        Manner { hidden: &["HIDDEN"], person: false, patience: Duration::from_secs(20), cap: 4096 };

    fn run_now(script: &str, input: &[u8], manner: Manner) -> Result<Vec<u8>, Failure> {
        let arguments = ["-c", script].map(String::from);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run("sh", &arguments, input, manner)).map(|output| output.expose().clone())
    }

    #[test]
    fn input_goes_in_and_output_comes_out() {
        assert_eq!(run_now("tr a-z A-Z", b"abc", MANNER).unwrap(), b"ABC");
        assert_eq!(run_now("echo unread", &[b'x'; 1_000_000], MANNER).unwrap(), b"unread\n");
        assert_eq!(run_now("head -c 4096 /dev/zero", b"", MANNER).unwrap().len(), 4096);
    }

    #[test]
    fn failures_say_what_happened() {
        let failure =
            |script| run_now(script, b"", Manner { patience: Duration::from_millis(300), ..MANNER }).unwrap_err();
        let Failure::Ended { code, complaint } = failure("echo one >&2; echo two >&2; exit 3") else { panic!() };
        assert_eq!((code, complaint.as_str()), (Some(3), "one\ntwo\n"));
        let Failure::Ended { complaint, .. } = failure("printf '%03000d\\nend\\n' 0 >&2; exit 3") else { panic!() };
        assert_eq!(complaint, "end\n");
        assert!(matches!(failure("kill -9 $$"), Failure::Ended { code: None, .. }));
        assert!(matches!(failure("sleep 30"), Failure::TimedOut));
        assert!(matches!(failure("head -c 4097 /dev/zero"), Failure::TooMuch));
        assert!(matches!(failure("yes"), Failure::TooMuch));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let failure = runtime.block_on(run("/no/such/program", &[], b"", MANNER)).unwrap_err();
        assert!(matches!(failure, Failure::NotStarted(io::ErrorKind::NotFound)));
    }

    #[test]
    fn what_it_leaves_in_the_background_does_not_keep_us() {
        let start = Instant::now();
        assert_eq!(run_now("sleep 15 & echo done", b"", MANNER).unwrap(), b"done\n");
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_cancelled_program_dies_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let pids = folder.path().join("pids");
        let script = format!("sleep 60 & echo $! $$ > {}; wait", pids.display());
        assert!(matches!(
            run_now(&script, b"", Manner { patience: Duration::from_millis(500), ..MANNER }),
            Err(Failure::TimedOut)
        ));
        let pids = std::fs::read_to_string(pids).unwrap();
        let alive = |pid: &str| {
            // a zombie that waits for its reaper is dead
            std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
        };
        let deadline = Instant::now() + Duration::from_secs(5);
        while pids.split_whitespace().any(alive) {
            assert!(Instant::now() < deadline, "{pids} still run");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn secret_variables_stay_here() {
        // children inherit this process's own variables, so a child runs this test again with them set
        if std::env::var_os("HIDDEN").is_none() {
            let mut again = std::process::Command::new(std::env::current_exe().unwrap());
            again.args(["--exact", "host::process::tests::secret_variables_stay_here"]).env("HIDDEN", "SENTINEL");
            let output = again.envs(SECRET_VARIABLES.map(|name| (name, "SENTINEL"))).output().unwrap();
            assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
            return;
        }
        let environment = String::from_utf8(run_now("env", b"", MANNER).unwrap()).unwrap();
        assert!(environment.contains("PATH=") && !environment.contains("SENTINEL"), "{environment}");
    }
}
