//! Statics as large as the client's types, under their names: the table of symbols has their sizes as
//! the target's compiler laid them out.

use crate::serial::Port;
use crate::stack::{Fault, Socket, Stack};
use safe_http_client::esp_at::{EspAt, EspAtError, JoinError};
use safe_http_client::*;

type N = &'static mut Stack;
type C = &'static FnClock<fn() -> u32>;

macro_rules! sizes {
    ($($name:literal: $type:ty $(, without $part:ty)?;)*) => {$(
        const _: () = {
            const SIZE: usize = size_of::<$type>() $(- size_of::<$part>())?;
            #[used]
            #[unsafe(export_name = concat!("size ", $name))]
            static BYTES: [u8; SIZE] = [0; SIZE];
        };
    )*};
}

sizes! {
    "SafeHttpClient<&mut N, &C>": SafeHttpClient<N, C>, without Socket;
    "Call<&mut [u8]>": Call<'static, &'static mut [u8]>;
    "Call<[u8; 512]>": Call<'static, [u8; 512]>;
    "Call<[u8; 1024]>": Call<'static, [u8; 1024]>;
    "Probe<&mut [u8]>": Probe<&'static mut [u8]>;
    "Report": Report;
    "Diagnosis": Diagnosis;
    "Error<T, D>": Error<Fault, Fault>;
    "ErrorKind<T, D>": ErrorKind<Fault, Fault>;
    "Evidence": Evidence;
    "RequestError": RequestError;
    "UrlError": UrlError;
    "LinkError": LinkError;
    "ProtocolError": ProtocolError;
    "StackFault": StackFault;
    "EspAtError": EspAtError;
    "JoinError": JoinError;
    "EspAt<S, &C, 512>": EspAt<Port, C, 512>;
}
