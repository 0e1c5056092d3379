//! How long the commands on deployed data take, and how much memory. They work on the files of this
//! machine, without a network, on keys that an application wrote: the state does not know them.

use std::path::Path;

use crate::competitor::this;
use crate::measure::{Cost, run};
use crate::seed::{Seed, Size};
use crate::table::show;

const SIZES: [Size; 2] = [Size { keys: 100_000, bytes: 64 }, Size { keys: 1_000_000, bytes: 64 }];

/// Measures every size up to `most` keys and prints the table.
pub(crate) fn measure_all(most: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = Seed::write(folder.path(), Size { keys: 1, bytes: 64 });
    println!("| values | restore | once more | export |\n|---|---|---|---|");
    for size in SIZES.iter().filter(|size| size.keys <= most) {
        let seed = Seed::write(folder.path(), *size);
        let local = seed.scratch("local");
        let run = |arguments: &[&Path]| command(&first, &local, arguments);
        run(&[Path::new("deploy")]);
        let id = Path::new("redirects");
        let arguments = [Path::new("restore"), id, &seed.file];
        let (restore, again) = (run(&arguments), run(&arguments));
        let out = seed.folder().join("export.json");
        let export = run(&[Path::new("export"), id, Path::new("--out"), &out]);
        let [restore, again, export] = [restore, again, export].map(|cost| show(&[cost]));
        println!("| {} × {} B | {restore} | {again} | {export} |", size.keys, size.bytes);
        seed.remove();
    }
}

fn command(first: &Seed, local: &Path, arguments: &[&Path]) -> Cost {
    let mut command = this(&first.file);
    command.args(arguments).args(["--quiet", "--yes"]);
    run(command.arg(format!("--local={}", local.display())))
}
