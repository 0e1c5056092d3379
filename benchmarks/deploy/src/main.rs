//! Deploys one to a million values to a server on this machine, beside curl and wrangler.
//!
//! The process that measures starts every competitor, and the server, as a process of its own; those
//! of this package are this binary again, told by a variable which part to play.

#![deny(missing_docs)]

mod competitor;
mod data;
mod local;
mod measure;
mod seed;
mod sink;
mod table;

use std::process::ExitCode;

use competitor::{Competitor, Curl, Deploy, Wrangler};
use seed::{SIZES, Seed};
use sink::Sink;
use table::Row;

/// Names the part that this process plays: one of the two below.
const ROLE: &str = "BENCH_ROLE";
const DEPLOY: &str = "deploy";
const SINK: &str = "sink";

fn main() -> ExitCode {
    match std::env::var(ROLE).as_deref() {
        Ok(DEPLOY) => competitor::deploy_main(),
        Ok(SINK) => sink::main(),
        _ => {
            let mut arguments = std::env::args().skip(1).peekable();
            let what = arguments.next_if(|argument| argument.parse::<usize>().is_err());
            let most = arguments.next().map(|most| most.parse().expect("a number of keys"));
            let measure = match what.as_deref() {
                None => measure_all,
                Some("data") => data::measure_all,
                Some("local") => local::measure_all,
                Some(what) => panic!("there is `data` and `local`, not `{what}`"),
            };
            measure(most.unwrap_or(usize::MAX));
            ExitCode::SUCCESS
        }
    }
}

/// Measures every size up to `most` keys and prints the table.
fn measure_all(most: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sink = Sink::start();
    let wrangler = Wrangler::find();
    if wrangler.is_none() {
        eprintln!("wrangler is left out: set WRANGLER to its path; it needs Node 22");
    }
    println!("{}", table::HEAD);
    for size in SIZES.iter().filter(|size| size.keys <= most) {
        let seed = Seed::write(folder.path(), *size);
        let deploy = Deploy::new(&seed, &sink);
        let curl = Curl::new(&seed, &sink);
        let mut row = Row::default();
        for round in 0..size.rounds() {
            row.first.push(deploy.first());
            row.unchanged.push(deploy.unchanged());
            row.curl.push(curl.run());
            if let Some(wrangler) = wrangler.as_ref().filter(|_| round < size.wrangler_rounds()) {
                row.wrangler.push(wrangler.on(&seed, &sink).run());
            }
        }
        println!("{}", row.line(*size));
        seed.remove();
    }
}
