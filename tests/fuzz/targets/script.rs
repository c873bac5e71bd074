#![no_main]

#[path = "../probe.rs"]
mod probe;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| probe::script(bytes));
