//! Seeds: many pairs from a file or a folder of the package.
//!
//! The macro reads them to check them, a deploy reads them to write them. One reader serves both,
//! so that what compiles deploys. It holds a few blocks of pairs at a time, however large the file is.

mod folder;
mod json;
mod mistakes;
mod package;
mod pair;
mod split;

pub use folder::{Folder, FolderFile};
pub use mistakes::{SeedMistakes, places};
pub use package::{FileError, Package};
pub use pair::{SeedBlock, SeedPair, SeedValue, read_blocks, read_pairs};
