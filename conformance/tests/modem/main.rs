//! The driver of the ESP8266 with AT firmware, over the simulated modem in both of its dialects, by itself
//! and under the client.

mod attacks;
mod bad_input;
mod driver;
mod faults;
mod field;
mod given_up;
mod nal_defects;
mod ports;
mod requests;
mod script;
mod secrets;
mod settings;
