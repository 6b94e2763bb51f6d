//! The most frequent words of the files given, or of standard input: a map, iterators, Unicode and the
//! file system of Rust's standard library. usage: rust-words [-n COUNT] [FILE...]
use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::process::ExitCode;

fn count(text: &str, words: &mut HashMap<String, usize>) {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 3)
        .for_each(|word| *words.entry(word.to_lowercase()).or_default() += 1);
}

fn run() -> Result<(), String> {
    let mut most = 5;
    let mut files = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == "-n" {
            // Without a number this panics, to show what that looks like.
            most = args.next().unwrap().parse().expect("-n wants a number");
        } else {
            files.push(arg);
        }
    }
    let mut words = HashMap::new();
    for file in &files {
        let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
        count(&text, &mut words);
    }
    if files.is_empty() {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(|e| e.to_string())?;
        count(&text, &mut words);
    }
    let mut sorted: Vec<_> = words.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut out = io::stdout().lock();
    for (word, times) in sorted.iter().take(most) {
        writeln!(out, "{times:5}  {word}").map_err(|e| e.to_string())?;
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(3)
        }
    }
}
