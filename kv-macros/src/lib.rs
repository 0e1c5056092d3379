//! kv-macros
