//! What Cloudflare Workers KV allows, each rule once.
//!
//! The `kv_namespace!` macro applies these rules when it compiles, kv-runtime when it runs, and
//! kv-local when it answers in Cloudflare's place, so that all three agree to the byte. The crate
//! does not depend on the others, and reads no files but seeds.
//!
//! Every limit names its source. Unless another is named, it is
//! <https://developers.cloudflare.com/kv/platform/limits/>.

#![deny(missing_docs)]

mod account;
mod binding;
mod expiry;
mod id;
mod json;
mod key;
mod limits;
mod pattern;
mod place;
#[cfg(feature = "seed")]
pub mod seed;
mod shown;
mod stage;
mod suggest;
mod time;
mod title;
mod value;

pub use account::{
    AccountError, BaseUrlError, DEFAULT_BASE_URL, EmailError, NamespaceIdError, check_account_id,
    check_base_url, check_email, check_namespace_id,
};
pub use binding::{BindingError, check_binding};
pub use expiry::{
    EARLIEST_EXPIRATION, Expiry, ExpiryError, MAX_EXPIRATION, MIN_CACHE_TTL, MIN_TTL,
    check_cache_ttl, check_expiration, check_expiration_ahead, check_ttl, const_ttl,
    looks_like_milliseconds, parse_duration, parse_time,
};
pub use id::{IdError, MAX_ID_BYTES, check_id};
pub use json::{
    BEYOND_F64, BEYOND_U64, MAX_JSON_DEPTH, compact_json, json_integer, json_number, push_json_text,
};
pub use key::{KeyError, MAX_KEY_BYTES, check_key};
pub use limits::{
    API_WINDOW, MAX_API_REQUESTS, MAX_BULK_BYTES, MAX_BULK_GET_KEYS, MAX_BULK_PAIRS, MAX_LIST_KEYS,
    MAX_NAMESPACES, MIN_LIST_KEYS,
};
pub use pattern::{Param, ParamError, Pattern, PatternError, Segment, family_of};
pub use place::Place;
pub use shown::shown;
pub use stage::{StagePatternError, check_stage_pattern, matches_glob};
pub use suggest::{closest, did_you_mean};
pub use time::{Time, TimeError, read_duration, show_duration};
pub use title::{MAX_TITLE_BYTES, Placeholder, TitleError, check_title, fill_title, placeholders};
pub use value::{
    MAX_METADATA_BYTES, MAX_VALUE_BYTES, MetadataError, ValueError, check_metadata, check_value,
};
