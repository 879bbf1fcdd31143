//! The causes of a failed request: a page for each.
