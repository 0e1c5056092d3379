//! kv-local
