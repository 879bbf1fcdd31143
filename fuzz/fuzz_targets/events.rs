#![cfg_attr(fuzzing, no_main)]

safe_http_client_fuzz::target!(events);
