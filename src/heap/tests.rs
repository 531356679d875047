//! Model tests: random calls against a naive map of live blocks.
