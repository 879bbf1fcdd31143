//! What the tests of stacks, servers and faults share, compiled once.
