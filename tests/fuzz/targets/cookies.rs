#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| slotwire_fuzz::run("cookies", data));
