//! The terminal: colour, width, diagnostics, progress.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use plumb_collect::progress::{Event, Progress};
use plumb_model::diagnostic::{Diagnostic, Source};
use plumb_report::diagnostic::render_diagnostic;
use plumb_report::numbers::counted;
use plumb_report::options::Color;
use plumb_report::visible::visible;

use crate::arguments::{Arguments, ColorChoice};

/// How many diagnostics of one input are shown.
const MOST_SHOWN: usize = 60;

/// What is known of the terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    choice: ColorChoice,
    /// Whether progress is shown.
    pub(crate) progress: bool,
}

impl Console {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        Self {
            choice: arguments.color,
            progress: !arguments.quiet && std::io::stderr().is_terminal(),
        }
    }

    /// Whether a stream gets colour.
    fn color(self, is_terminal: bool) -> Color {
        let wanted = match self.choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        if wanted { Color::Always } else { Color::Never }
    }

    /// Whether stdout gets colour.
    pub(crate) fn stdout_color(self) -> Color {
        self.color(std::io::stdout().is_terminal())
    }

    /// Columns of the terminal on stdout; 100 when it is a file or pipe.
    pub(crate) fn width(self) -> usize {
        terminal_size::terminal_size_of(std::io::stdout()).map_or(100, |(width, _)| usize::from(width.0))
    }

    /// Shows diagnostics on stderr.
    pub(crate) fn show(self, diagnostics: &[Diagnostic]) {
        let color = self.color(std::io::stderr().is_terminal());
        for diagnostic in diagnostics {
            self.say(render_diagnostic(diagnostic, color).trim_end());
        }
    }

    /// Shows the first of many diagnostics, errors before warnings, and how many there are besides.
    pub(crate) fn show_some(self, diagnostics: &[Diagnostic]) {
        let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
        sorted.sort_by_key(|diagnostic| diagnostic.level);
        let color = self.color(std::io::stderr().is_terminal());
        for diagnostic in sorted.iter().take(MOST_SHOWN) {
            self.say(render_diagnostic(&without_secrets(diagnostic), color).trim_end());
        }
        let more = sorted.len().saturating_sub(MOST_SHOWN);
        if more > 0 {
            self.say(&format!("and {more} more of this kind"));
        }
    }

    /// Says something on stderr; a closed stderr is nobody's problem.
    pub(crate) fn say(self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

/// The same, with secrets in the text that it points into made unreadable.
fn without_secrets(diagnostic: &Diagnostic) -> Diagnostic {
    let mut shown = diagnostic.clone();
    if let Some(source) = &mut shown.source {
        *source = Arc::new(Source {
            name: source.name.clone(),
            text: plumb_pack::secret::masked(&source.text),
        });
    }
    shown
}

/// Progress of the accounts that are read at once, a bar for each on stderr.
pub(crate) struct Bars(MultiProgress);

impl Bars {
    /// No bars yet; hidden when no progress is wanted.
    pub(crate) fn new(console: Console) -> Self {
        Self(MultiProgress::with_draw_target(if console.progress {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        }))
    }

    /// A bar for an account.
    pub(crate) fn add(&self, label: &str) -> Arc<Bar> {
        Bar::new(&self.0, label)
    }
}

/// Progress of one account's scan.
pub(crate) struct Bar {
    bar: ProgressBar,
    requests: AtomicU64,
    throttled: AtomicU64,
    missed: AtomicU64,
}

impl Bar {
    fn new(bars: &MultiProgress, label: &str) -> Arc<Self> {
        let bar = bars.add(ProgressBar::no_length());
        if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} {elapsed} {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(visible(label).into_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Arc::new(Self {
            bar,
            requests: AtomicU64::new(0),
            throttled: AtomicU64::new(0),
            missed: AtomicU64::new(0),
        })
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn message(&self, latest: &str) {
        let requests = self.requests.load(Ordering::Relaxed);
        let throttled = match self.throttled.load(Ordering::Relaxed) {
            0 => String::new(),
            throttled => format!(", {throttled} throttled"),
        };
        let missed = match self.missed.load(Ordering::Relaxed) {
            0 => String::new(),
            missed => format!(", {missed} not read"),
        };
        self.bar.set_message(format!(
            "{}{throttled}{missed}  {latest}",
            counted(requests, "requests")
        ));
    }
}

impl Progress for Bar {
    fn event(&self, event: Event) {
        match event {
            Event::Planned { pieces } => self.bar.set_length(pieces),
            Event::PieceDone {
                resource_type,
                region,
                resources,
            } => {
                self.bar.inc(1);
                self.message(&format!("{resource_type} in {region}: {resources}"));
            }
            Event::Requested => _ = self.requests.fetch_add(1, Ordering::Relaxed),
            Event::Throttled => _ = self.throttled.fetch_add(1, Ordering::Relaxed),
            Event::Missed => _ = self.missed.fetch_add(1, Ordering::Relaxed),
        }
    }
}
