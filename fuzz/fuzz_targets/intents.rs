#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| enforce_intents_fuzz::targets::intents(data));
