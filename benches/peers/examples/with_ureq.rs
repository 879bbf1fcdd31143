//! The same with ureq, on a PC.

pub fn state() -> Result<(), ureq::Error> {
    let mut response = ureq::get("http://192.168.1.20/state").call()?;
    println!("{} {:?}", response.status(), response.body_mut().read_to_vec()?);
    Ok(())
}

fn main() {}
