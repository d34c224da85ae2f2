//! Single flight: however many ask for the same token at the same time, in this process or in others, one of them
//! logs in and the outcome, good or bad, serves all.
//!
//! Between processes a lock file keeps order: whoever gets it looks again before logging in. Inside a process all
//! callers poll one shared future, which lives as long as its last waiter: it is cancelled, lock and all, when
//! nobody wants it any more.

use super::token_store::TokenStore;
use crate::cache::{Ask, CacheKey, Expiry, Record, Verdict};
use crate::error::{Error, Reason, Result, Warning};
use crate::host::Clock;
use crate::oauth::grant::Grant;
use crate::protocol::types::ExpirySource;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The waits between two looks at what another process is doing: short at first, then easy on the machine. Both
/// are short against a login.
const POLLS: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(40)];

/// What one caller wants, and how far it may go for it.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What is wanted of the token.
    pub ask: Ask,
    /// How long to wait for another process that is logging in.
    pub patience: Duration,
    /// How many logins this user may have in an hour.
    pub logins_per_hour: u32,
}

/// A token for one caller.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The token.
    pub grant: Grant,
    /// Until when it is handed out.
    pub expiry: Expiry,
    /// Whether it was already there.
    pub cached: bool,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

/// The tokens that this process can hand out: those that are kept, and those on their way.
pub struct Tokens {
    store: TokenStore,
    clock: Clock,
    flights: Mutex<HashMap<String, WeakShared<Flight>>>,
}

type Flight = BoxFuture<'static, std::result::Result<Arc<Landed>, Arc<Error>>>;

/// How a flight ended well.
#[derive(Clone)]
struct Landed {
    grant: Grant,
    cached: bool,
    warnings: Vec<Warning>,
}

impl Tokens {
    /// Tokens over a store.
    pub fn new(store: TokenStore, clock: Clock) -> Arc<Tokens> {
        Arc::new(Tokens { store, clock, flights: Mutex::default() })
    }

    /// What keeps them.
    pub fn store(&self) -> &TokenStore {
        &self.store
    }

    /// A token under these terms: one that is there, or by `exchange`, a login that is begun only when it is needed
    /// and the turn to log in has come. It is told whether this connection has given a token before.
    ///
    /// # Errors
    /// Those of the exchange; the remembered failure of another's (`cached`); `invalid-parameter` for a minimal
    /// validity that no token has; `token-rejected`; `login-budget`; `timeout` when another process kept logging
    /// in for too long.
    pub async fn token<F>(
        self: &Arc<Self>,
        key: &CacheKey,
        terms: &Terms,
        exchange: impl FnOnce(bool) -> F + Send + 'static,
    ) -> Result<Answer>
    where
        F: Future<Output = Result<(Grant, Vec<Warning>)>> + Send + 'static,
    {
        let record = self.store.read(key);
        let now = self.clock.now();
        let living = record.living(&Ask { min_validity: Duration::ZERO, ..terms.ask.clone() }, now);
        let known = living.map(|(grant, _)| grant);
        if known.is_none() || !terms.ask.fresh {
            terms.ask.check(known)?; // a fresh token may live longer than the one that is there: judged when it comes
        }
        match record.judge(&terms.ask, record.serial(), now) {
            Verdict::Token(grant) => return Ok(self.answer(there(grant), terms)),
            Verdict::Failure(error) => return Err(error),
            Verdict::LogIn => {}
        }
        if let Some(flight) = self.join(key) {
            let landed = flight.await.map_err(|error| error.duplicate())?;
            let serves = !landed.cached || (!terms.ask.fresh && terms.ask.accepts(&landed.grant, self.clock.now()));
            if serves {
                return self.delivered(&landed, terms);
            }
            // It set out for somebody with other wishes and found them fulfilled. Ours starts without asking who
            // else is on the way, so that this ends.
        }
        match self.start(key, terms, record.serial(), exchange).await {
            Ok(landed) => self.delivered(&landed, terms),
            Err(error) => Err(Arc::try_unwrap(error).unwrap_or_else(|shared| shared.duplicate())),
        }
    }

    fn delivered(&self, landed: &Landed, terms: &Terms) -> Result<Answer> {
        if !landed.cached {
            terms.ask.judge_new(&landed.grant, self.clock.now())?;
        }
        Ok(self.answer(landed.clone(), terms))
    }

    fn answer(&self, landed: Landed, terms: &Terms) -> Answer {
        let Landed { grant, cached, mut warnings } = landed;
        warnings.extend(self.store.warnings());
        let expiry = Expiry::of(&grant, terms.ask.lifetime);
        if expiry.source == ExpirySource::Token {
            let message = "this is a JWT-format token: it works for REST, but SOAP and other APIs refuse it";
            warnings.push(Warning::new("rest-only-token", message));
        }
        Answer { grant, expiry, cached, warnings }
    }

    fn join(&self, key: &CacheKey) -> Option<Shared<Flight>> {
        self.flights().get(&key.file_stem()).and_then(WeakShared::upgrade)
    }

    fn start<F>(
        self: &Arc<Self>,
        key: &CacheKey,
        terms: &Terms,
        since: u64,
        exchange: impl FnOnce(bool) -> F + Send + 'static,
    ) -> Shared<Flight>
    where
        F: Future<Output = Result<(Grant, Vec<Warning>)>> + Send + 'static,
    {
        let (tokens, key, terms) = (Arc::clone(self), key.clone(), terms.clone());
        let stem = key.file_stem();
        let flight = async move {
            let outcome = tokens.fly(&key, &terms, since, exchange).await;
            // from here on the store knows, and who comes later shall look there
            tokens.flights().remove(&key.file_stem());
            outcome.map(Arc::new).map_err(Arc::new)
        };
        let flight = flight.boxed().shared();
        let mut flights = self.flights();
        flights.retain(|_, flight| flight.upgrade().is_some());
        if let Some(weak) = flight.downgrade() {
            flights.insert(stem, weak);
        }
        flight
    }

    async fn fly<F>(
        &self,
        key: &CacheKey,
        terms: &Terms,
        since: u64,
        exchange: impl FnOnce(bool) -> F,
    ) -> Result<Landed>
    where
        F: Future<Output = Result<(Grant, Vec<Warning>)>>,
    {
        let deadline = Instant::now() + terms.patience;
        let mut pause = POLLS[0];
        let turn = loop {
            if let Some(turn) = self.store.try_turn(key) {
                break turn;
            }
            if pause == POLLS[0] {
                tracing::info!("waiting for another process that is logging in as {}", key.username);
            }
            if Instant::now() >= deadline {
                let message = format!("another process has been logging in as {} all the time", key.username);
                return Err(Error::new(Reason::Timeout, message)
                    .with(|details| details.phase = Some("lock".to_owned()))
                    .hint("look for a process of sf-jwt that hangs, or allow more time with --timeout"));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(POLLS[1]);
            if let Some(landed) = self.news(&self.store.read(key), terms, since)? {
                return Ok(landed);
            }
        };
        let record = turn.record();
        if let Some(landed) = self.news(&record, terms, since)? {
            return Ok(landed);
        }
        turn.admit(terms.logins_per_hour, self.clock.now())?;
        match exchange(record.grant().is_some()).await {
            Ok((grant, warnings)) => {
                turn.keep(&record.with_grant(grant.clone()));
                Ok(Landed { grant, cached: false, warnings })
            }
            Err(error) => {
                if let Some(record) = record.with_failure(&error, self.clock.now()) {
                    turn.keep(&record);
                }
                Err(error)
            }
        }
    }

    /// What others have brought about since this caller began to ask.
    fn news(&self, record: &Record, terms: &Terms, since: u64) -> Result<Option<Landed>> {
        match record.judge(&terms.ask, since, self.clock.now()) {
            Verdict::Token(grant) => Ok(Some(there(grant))),
            Verdict::Failure(error) => Err(error),
            Verdict::LogIn => Ok(None),
        }
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<String, WeakShared<Flight>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn there(grant: &Grant) -> Landed {
    Landed { grant: grant.clone(), cached: true, warnings: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::freshness::tests::{NOW, ask, grant};
    use crate::cache::key::tests::key;
    use crate::host::Env;
    use crate::ops::token_store::Wish;
    use futures_util::future::join_all;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    /// A stand-in for Salesforce: counts the logins, takes its time, and issues numbered tokens.
    #[derive(Clone)]
    struct Server {
        logins: Arc<AtomicU32>,
        outcome: fn(u32) -> Result<Grant>,
    }

    impl Server {
        fn new(outcome: fn(u32) -> Result<Grant>) -> Server {
            Server { logins: Arc::default(), outcome }
        }

        fn granting() -> Server {
            Server::new(|n| Ok(grant(&format!("token {n}"), 0)))
        }

        fn refusing() -> Server {
            Server::new(|_| Err(Error::new(Reason::UserNotApproved, "no")))
        }

        fn exchange(&self) -> impl FnOnce(bool) -> BoxFuture<'static, Result<(Grant, Vec<Warning>)>> + Send + 'static {
            let server = self.clone();
            move |_| {
                async move {
                    let number = server.logins.fetch_add(1, SeqCst) + 1;
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    (server.outcome)(number).map(|grant| (grant, vec![]))
                }
                .boxed()
            }
        }

        fn logins(&self) -> u32 {
            self.logins.load(SeqCst)
        }
    }

    fn terms() -> Terms {
        Terms { ask: ask(), patience: Duration::from_secs(20), logins_per_hour: 600 }
    }

    fn fresh() -> Terms {
        Terms { ask: Ask { fresh: true, ..ask() }, ..terms() }
    }

    fn rejecting(token: &str) -> Terms {
        Terms { ask: Ask { rejected: Some(token.to_owned().into()), ..ask() }, ..terms() }
    }

    /// Several processes on one state folder.
    fn processes(count: usize) -> (tempfile::TempDir, Vec<Arc<Tokens>>) {
        let dir = tempfile::tempdir().unwrap();
        let wish = Wish { state_dir: Some(dir.path().to_owned()), memory_only: false };
        let open = |_| Tokens::new(TokenStore::open(&Env::default(), &wish).unwrap(), Clock::Fixed(NOW));
        let processes = (0..count).map(open).collect();
        (dir, processes)
    }

    fn in_memory() -> Arc<Tokens> {
        Tokens::new(TokenStore::in_memory(), Clock::Fixed(NOW))
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
    }

    fn text(answer: Result<Answer>) -> String {
        match answer {
            Ok(answer) => answer.grant.access_token.expose().clone(),
            Err(error) => error.reason().code().to_owned(),
        }
    }

    async fn asked(tokens: &Arc<Tokens>, terms: &Terms, server: &Server) -> String {
        text(tokens.token(&key(), terms, server.exchange()).await)
    }

    #[test]
    fn many_callers_in_many_processes_cause_one_login() {
        run(async {
            for tokens in [processes(8).1, vec![in_memory()]] {
                for (server, expected) in [(Server::granting(), "token 1"), (Server::refusing(), "user-not-approved")] {
                    let key = CacheKey { client_id: expected.into(), ..key() };
                    let terms = terms();
                    let calls = (0..200).map(|n| tokens[n % tokens.len()].token(&key, &terms, server.exchange()));
                    let answers = join_all(calls).await;
                    assert!(answers.into_iter().map(text).all(|t| t == expected));
                    assert_eq!(server.logins(), 1, "{expected}");
                }
            }
        });
    }

    #[test]
    fn cached_is_told() {
        run(async {
            let (_dir, tokens) = processes(2);
            let server = Server::granting();
            let first = tokens[0].token(&key(), &terms(), server.exchange()).await.unwrap();
            let second = tokens[1].token(&key(), &terms(), server.exchange()).await.unwrap();
            assert_eq!((first.cached, second.cached), (false, true));
            assert_eq!(second.expiry.at.0 - NOW.0, 600);
            let refusing = Server::refusing();
            let other = CacheKey { client_id: "other".into(), ..key() };
            let first = tokens[0].token(&other, &terms(), refusing.exchange()).await.unwrap_err();
            let second = tokens[1].token(&other, &terms(), refusing.exchange()).await.unwrap_err();
            assert_eq!((first.details().cached, second.details().cached), (None, Some(true)));
            assert_eq!(refusing.logins(), 1);
        });
    }

    #[test]
    fn fresh_logs_in_again_but_shares_what_is_on_the_way() {
        run(async {
            let (_dir, tokens) = processes(2);
            let server = Server::granting();
            assert_eq!(asked(&tokens[0], &terms(), &server).await, "token 1");
            assert_eq!(asked(&tokens[0], &fresh(), &server).await, "token 2");
            let terms = fresh();
            let calls = (0..20).map(|n| asked(&tokens[n % 2], &terms, &server));
            assert!(join_all(calls).await.iter().all(|token| token == "token 3"));
        });
    }

    #[test]
    fn a_rejected_token_is_replaced_once_for_all() {
        run(async {
            let (_dir, tokens) = processes(2);
            let server = Server::granting();
            asked(&tokens[0], &terms(), &server).await;
            let terms = rejecting("token 1");
            let calls = (0..20).map(|n| asked(&tokens[n % 2], &terms, &server));
            assert!(join_all(calls).await.iter().all(|token| token == "token 2"));
            assert_eq!(asked(&tokens[1], &terms, &server).await, "token 2");
            assert_eq!(server.logins(), 2);
        });
    }

    #[test]
    fn the_same_token_again_is_an_error_and_no_loop() {
        run(async {
            let (_dir, tokens) = processes(1);
            let server = Server::new(|_| Ok(grant("same", 0)));
            let terms = rejecting("same");
            let answers = join_all((0..5).map(|_| asked(&tokens[0], &terms, &server))).await;
            assert!(answers.iter().all(|a| a == "token-rejected"), "{answers:?}");
            assert_eq!(server.logins(), 1);
            let (_dir, tokens) = processes(5);
            let answers = join_all(tokens.iter().map(|tokens| asked(tokens, &terms, &server))).await;
            assert!(answers.iter().all(|a| a == "token-rejected"), "{answers:?}");
            assert_eq!(server.logins(), 2);
        });
    }

    #[test]
    fn a_login_lives_as_long_as_its_last_waiter() {
        run(async {
            let (_dir, tokens) = processes(2);
            let server = Server::granting();
            let short = Duration::from_millis(10);
            // two callers, the first of whom goes: the other gets its token
            let terms = terms();
            let first = tokio::time::timeout(short, asked(&tokens[0], &terms, &server));
            let (first, second) = tokio::join!(first, asked(&tokens[0], &terms, &server));
            assert!(first.is_err());
            assert_eq!((second.as_str(), server.logins()), ("token 1", 1));
            // nobody left: the turn is free at once, and nothing came of it
            let fresh = fresh();
            let _ = tokio::time::timeout(short, asked(&tokens[0], &fresh, &server)).await;
            assert!(tokens[1].store.try_turn(&key()).is_some());
            assert_eq!(asked(&tokens[1], &terms, &server).await, "token 1");
        });
    }

    #[test]
    fn waiting_is_bounded() {
        run(async {
            let (_dir, tokens) = processes(2);
            let (server, key) = (Server::granting(), key());
            let _turn = tokens[0].store.try_turn(&key).unwrap();
            let terms = Terms { patience: Duration::from_millis(60), ..terms() };
            let error = tokens[1].token(&key, &terms, server.exchange()).await.unwrap_err();
            assert_eq!((error.reason(), error.details().phase.as_deref()), (Reason::Timeout, Some("lock")));
            assert_eq!(server.logins(), 0);
        });
    }

    #[test]
    fn the_budget_stops_logins_but_not_cached_answers() {
        run(async {
            let (_dir, tokens) = processes(1);
            let server = Server::granting();
            let terms = Terms { logins_per_hour: 2, ..fresh() };
            let mut answers = vec![];
            for _ in 0..3 {
                answers.push(asked(&tokens[0], &terms, &server).await);
            }
            assert_eq!(answers, ["token 1", "token 2", "login-budget"]);
            assert_eq!(
                asked(&tokens[0], &Terms { logins_per_hour: 2, ..super::tests::terms() }, &server).await,
                "token 2"
            );
        });
    }

    #[test]
    fn an_impossible_wish_costs_no_login() {
        run(async {
            let server = Server::granting();
            let ask = Ask { min_validity: Duration::from_secs(601), ..ask() };
            assert_eq!(asked(&in_memory(), &Terms { ask, ..terms() }, &server).await, "invalid-parameter");
            assert_eq!(server.logins(), 0);
        });
    }
}
