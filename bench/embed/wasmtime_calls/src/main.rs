// Drives Wasmtime for the rows of the suite `components` that call between the host and a component, as
// ermine_embed_bench does: WHAT FILE; prints {"seconds": s}.
use std::time::{Duration, Instant};
use wasmtime::component::{Component, ComponentType, Lift, Linker, Lower};
use wasmtime::{Engine, Result, Store};

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(record)]
struct Item {
    id: u32,
    size: u64,
    kind: u8,
    weight: f64,
}

const CALLS: u32 = 1000;

fn measure(mut once: impl FnMut() -> Result<()>) -> Result<()> {
    once()?;
    let mut taken = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(1000) || taken.len() < 3 {
        let start = Instant::now();
        once()?;
        taken.push(start.elapsed());
    }
    taken.sort();
    let middle = taken[taken.len() / 2].as_secs_f64() / f64::from(CALLS);
    println!("{{\"seconds\": {middle:e}, \"count\": {}}}", taken.len() as u32 * CALLS);
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let what = arguments[1].as_str();
    let engine = Engine::default();
    let component = Component::from_file(&engine, &arguments[2])?;
    let mut linker = Linker::new(&engine);
    if what == "component-instantiate" {
        let prepared = linker.instantiate_pre(&component)?;
        return measure(|| {
            for _ in 0..CALLS {
                prepared.instantiate(&mut Store::new(&engine, ()))?;
            }
            Ok(())
        });
    }
    let mut host = linker.instance("bench:host/calls")?;
    host.func_wrap("add", |_, (a, b): (u32, u32)| Ok((a.wrapping_add(b),)))?;
    host.func_wrap("text", |_, (text,): (String,)| {
        Ok((text.len() as u32 + u32::from(text.as_bytes()[text.len() - 1]),))
    })?;
    host.func_wrap("records", |_, (list,): (Vec<Item>,)| Ok((list.len() as u32 + list[list.len() - 1].id,)))?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &component)?;
    let text = "a".repeat(1000);
    let items: Vec<Item> = (0..1000).map(|id| Item { id, size: 0, kind: 0, weight: 0.0 }).collect();
    match what {
        "in-calls" => {
            let f = instance.get_typed_func::<(u32, u32), (u32,)>(&mut store, "add")?;
            measure(|| {
                for _ in 0..CALLS {
                    assert_eq!(f.call(&mut store, (3, 4))?.0, 7);
                }
                Ok(())
            })
        }
        "in-texts" => {
            let f = instance.get_typed_func::<(&str,), (u32,)>(&mut store, "text")?;
            measure(|| {
                for _ in 0..CALLS {
                    assert_eq!(f.call(&mut store, (&text,))?.0, 1097);
                }
                Ok(())
            })
        }
        "in-lists" => {
            let f = instance.get_typed_func::<(&[Item],), (u32,)>(&mut store, "records")?;
            measure(|| {
                for _ in 0..CALLS {
                    assert_eq!(f.call(&mut store, (&items,))?.0, 1999);
                }
                Ok(())
            })
        }
        "in-results" => {
            let f = instance.get_typed_func::<(), (String,)>(&mut store, "make-text")?;
            measure(|| {
                for _ in 0..CALLS {
                    assert_eq!(f.call(&mut store, ())?.0.len(), 1000);
                }
                Ok(())
            })
        }
        _ => {
            let f = instance.get_typed_func::<(u32,), (u32,)>(&mut store, what)?;
            measure(|| f.call(&mut store, (CALLS,)).map(|_| ()))
        }
    }
}
