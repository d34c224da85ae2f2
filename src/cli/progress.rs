//! How a fleet of orgs is doing, on stderr: on a terminal one line per org in flight and the totals; otherwise a
//! plain line where somebody would wonder why nothing happens.

use crate::host::terminal;
use crate::ops::verify::Happening;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The display.
pub(super) struct Progress {
    lines: MultiProgress,
    total: ProgressBar,
    orgs: Mutex<HashMap<usize, ProgressBar>>,
    /// Nobody watches: plain lines, unless quiet.
    plain: Option<bool>,
    most: usize,
}

impl Progress {
    /// For this many orgs.
    pub(super) fn new(orgs: usize, quiet: bool) -> Progress {
        let terminal = std::io::stderr().is_terminal();
        let shown = terminal && !quiet;
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let lines = MultiProgress::with_draw_target(target);
        if shown {
            let drawn = lines.clone();
            terminal::drawn_by(move |draws| {
                let target = if draws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
                let _ = drawn.clear(); // what cannot be cleared cannot be drawn either
                drawn.set_draw_target(target);
            });
        }
        let total = ProgressBar::new(orgs as u64);
        total.set_style(style("{bar:24.cyan} {pos}/{len} orgs  {elapsed} so far, {eta} to go  {msg}"));
        let total = if orgs > 1 {
            lines.add(total)
        } else {
            total.set_draw_target(ProgressDrawTarget::hidden());
            total
        };
        let rows = console::Term::stderr().size().0;
        let most = usize::from(rows).saturating_sub(3).clamp(1, 20);
        Progress { lines, total, orgs: Mutex::default(), plain: (!shown).then_some(!quiet), most }
    }

    /// An org's turn has come.
    pub(super) fn begun(&self, number: usize, name: &str) {
        let mut orgs = self.orgs.lock().unwrap_or_else(PoisonError::into_inner);
        if self.plain.is_some() || orgs.len() >= self.most {
            return;
        }
        let line = self.lines.insert_from_back(usize::from(self.total.length() > Some(1)), ProgressBar::new_spinner());
        line.set_style(style("{spinner:.cyan} {prefix}  {msg}"));
        line.set_prefix(name.to_owned());
        line.enable_steady_tick(Duration::from_millis(120));
        orgs.insert(number, line);
    }

    /// Something happened to an org on the way.
    pub(super) fn happened(&self, number: usize, name: &str, happening: &Happening<'_>) {
        let text = match happening {
            Happening::Checked(check) => check.title.clone(),
            Happening::Waiting { reason, left, .. } => {
                format!("{reason}: may heal by itself, waiting; at most {} left", clock(*left))
            }
        };
        if let (Some(true), Happening::Waiting { fresh: true, .. }) = (self.plain, happening) {
            // Nobody reads stderr: that must not end the work.
            let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{name}: {text}\n"));
        }
        let orgs = self.orgs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = orgs.get(&number) {
            line.set_message(text);
        }
    }

    /// An org is done, and so many of those that are done are not ok.
    pub(super) fn done(&self, number: usize, failed: usize) {
        let mut orgs = self.orgs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = orgs.remove(&number) {
            line.finish_and_clear();
            self.lines.remove(&line);
        }
        self.total.inc(1);
        if failed > 0 {
            self.total.set_message(format!("{failed} not ok"));
        }
    }

    /// Does something that writes to the terminal.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.lines.suspend(write)
    }

    /// Takes the display away.
    pub(super) fn finish(&self) {
        let orgs = std::mem::take(&mut *self.orgs.lock().unwrap_or_else(PoisonError::into_inner));
        orgs.into_values().for_each(|line| line.finish_and_clear());
        self.total.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Minutes and seconds.
fn clock(duration: Duration) -> String {
    format!("{}:{:02}", duration.as_secs() / 60, duration.as_secs() % 60)
}
