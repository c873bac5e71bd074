//! Owns doing two things at once.

use std::panic::resume_unwind;
use std::thread;

/// Does two things at once, one of them by another thread; one after the other where no thread is to be had. A panic of
/// either is the caller's.
///
/// ```
/// use runtime_test::both::both;
/// assert_eq!(both(&|| 1, || "two"), (1, "two"));
/// ```
pub fn both<A: Send, B>(one: &(impl Fn() -> A + Sync), other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, one);
        let other = other();
        let one = match thread {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => one(),
        };
        (one, other)
    })
}
