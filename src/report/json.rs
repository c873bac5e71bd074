//! Owns the stream of events for programs: one JSON object a line on standard output, the same as in `events.jsonl`.

use crate::event::Event;
use crate::ui::Ui;

/// Tells a program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Json {
    /// Prints an event.
    pub fn hear(self, event: &Event, ui: &mut Ui) {
        // Events hold texts and numbers under names, which always become JSON.
        if let Ok(line) = serde_json::to_string(event) {
            ui.out(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Verbosity;

    #[test]
    fn an_event_is_a_line() {
        let (mut ui, printed) = Ui::kept(80, Verbosity::Quiet);
        let event = Event::Interrupted { forced: true };
        Json.hear(&event, &mut ui);
        Json.hear(&event, &mut ui);
        let line = r#"{"event":"interrupted","forced":true}"#;
        assert_eq!(printed.out(), format!("{line}\n{line}\n"));
        assert_eq!(printed.err(), "");
    }
}
