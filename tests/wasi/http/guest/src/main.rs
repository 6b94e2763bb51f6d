// What tests/wasi/http/http_test.py asks for: the first argument names a scenario, the others are its parameters. Each
// prints what it saw, one line a fact.
use std::process::exit;
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::*;
use wasip2::io::poll::poll;
use wasip2::io::streams::{InputStream, StreamError};

fn show(code: &ErrorCode) -> String {
    format!("{code:?}").replace('\n', " ")
}

fn list(fields: &Fields) -> String {
    fields.entries().iter().map(|(n, v)| format!("{}={}", n, String::from_utf8_lossy(v))).collect::<Vec<_>>().join(" ")
}

// "http://host:port/path"
fn request(method: &Method, url: &str, headers: Fields) -> OutgoingRequest {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let r = OutgoingRequest::new(headers);
    r.set_method(method).unwrap();
    r.set_scheme(Some(&if scheme == "https" { Scheme::Https } else { Scheme::Http })).unwrap();
    r.set_authority(Some(authority)).unwrap();
    r.set_path_with_query(if path.is_empty() { None } else { Some(path) }).unwrap();
    r
}

fn wait(future: &FutureIncomingResponse) -> Result<IncomingResponse, ErrorCode> {
    loop {
        if let Some(r) = future.get() {
            return r.unwrap();
        }
        future.subscribe().block();
    }
}

fn send(r: OutgoingRequest, options: Option<RequestOptions>) -> Result<IncomingResponse, ErrorCode> {
    wait(&handle(r, options)?)
}

fn show_stream_error(e: StreamError) -> String {
    match e {
        StreamError::Closed => "closed".into(),
        StreamError::LastOperationFailed(e) => http_error_code(&e).map_or("none".into(), |c| show(&c)),
    }
}

// All of a stream, and how it ended.
fn read_all(stream: &InputStream) -> (Vec<u8>, Option<String>) {
    let mut all = Vec::new();
    loop {
        match stream.blocking_read(65536) {
            Ok(bytes) => all.extend(bytes),
            Err(StreamError::Closed) => return (all, None),
            Err(e) => return (all, Some(show_stream_error(e))),
        }
    }
}

fn finish(body: IncomingBody) -> Result<Option<Trailers>, ErrorCode> {
    let trailers = IncomingBody::finish(body);
    loop {
        if let Some(r) = trailers.get() {
            return r.unwrap();
        }
        trailers.subscribe().block();
    }
}

fn print_response(r: IncomingResponse) {
    println!("status {}", r.status());
    println!("headers {}", list(&r.headers()));
    let body = r.consume().unwrap();
    assert!(r.consume().is_err(), "consumed twice");
    let stream = body.stream().unwrap();
    assert!(body.stream().is_err(), "two streams");
    let (bytes, error) = read_all(&stream);
    drop(stream);
    if bytes.len() <= 200 {
        println!("body {}", String::from_utf8_lossy(&bytes));
    } else {
        let sum = bytes.iter().fold(0u32, |s, b| s.wrapping_mul(31).wrapping_add(*b as u32));
        println!("body of {} bytes, sum {}", bytes.len(), sum);
    }
    if let Some(e) = error {
        println!("body error {e}");
    }
    match finish(body) {
        Ok(Some(t)) => println!("trailers {}", list(&t)),
        Ok(None) => println!("no trailers"),
        Err(e) => println!("trailers error {}", show(&e)),
    }
}

fn print(result: Result<IncomingResponse, ErrorCode>) {
    match result {
        Ok(r) => print_response(r),
        Err(e) => println!("error {}", show(&e)),
    }
}

// "name=value"
fn fields(arguments: &[String]) -> Fields {
    let f = Fields::new();
    for a in arguments {
        let (name, value) = a.split_once('=').unwrap();
        f.append(name, value.as_bytes()).unwrap();
    }
    f
}

fn write_all(body: &OutgoingBody, mut bytes: &[u8]) -> Result<(), String> {
    let stream = body.write().unwrap();
    assert!(body.write().is_err(), "two streams");
    let ready = stream.subscribe();
    while !bytes.is_empty() {
        let n = match stream.check_write() {
            Ok(0) => {
                ready.block();
                continue;
            }
            Ok(n) => (n as usize).min(bytes.len()),
            Err(e) => return Err(show_stream_error(e)),
        };
        stream.write(&bytes[..n]).map_err(show_stream_error)?;
        bytes = &bytes[n..];
    }
    stream.flush().map_err(show_stream_error)
}

fn options(connect: u64, first: u64, between: u64) -> RequestOptions {
    let o = RequestOptions::new();
    assert_eq!(o.connect_timeout(), None);
    o.set_connect_timeout(Some(connect)).unwrap();
    o.set_first_byte_timeout(Some(first)).unwrap();
    o.set_between_bytes_timeout(Some(between)).unwrap();
    assert_eq!(o.between_bytes_timeout(), Some(between));
    o
}

fn method_of(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        other => Method::Other(other.into()),
    }
}

fn check_fields() {
    let f = Fields::new();
    f.append("X-One", b"1").unwrap();
    f.append("x-one", b"2").unwrap();
    f.set("B", &[b"3".to_vec(), b"".to_vec()]).unwrap();
    println!("entries {}", list(&f));
    println!("get {:?} {:?} {:?}", f.get("X-ONE"), f.get("none"), f.get("no name"));
    println!("has {} {} {}", f.has("b"), f.has("none"), f.has("\n"));
    for (name, value) in [("a b", "x"), ("", "x"), ("a:", "x"), ("ok", "a\r\nb: c"), ("ok", "a\0"), ("ok", "\x7f"),
        ("Host", "x"), ("connection", "x"), ("Transfer-Encoding", "chunked"), ("upgrade", "x"), ("ok", "t\tab"), ("ok", "é")]
    {
        println!("append {name:?} {value:?} {:?}", f.append(name, value.as_bytes()));
    }
    println!("set {:?} {:?}", f.set("ok", &[b"\n".to_vec()]), f.set("keep-alive", &[]));
    println!("delete {:?} {:?} {:?}", f.delete("X-One"), f.delete("none"), f.delete("a b"));
    println!("from-list {:?}", Fields::from_list(&[("a".into(), b"1".to_vec()), ("A".into(), b"2".to_vec())]).map(|f| list(&f)));
    println!("from-list {:?}", Fields::from_list(&[("host".into(), b"1".to_vec())]).map(|f| list(&f)));
    println!("from-list {:?}", Fields::from_list(&[("a".into(), b"\n".to_vec())]).map(|f| list(&f)));
    let r = OutgoingRequest::new(f);
    let headers = r.headers();
    println!("immutable {:?} {:?} {:?}", headers.set("a", &[]), headers.append("a", b"1"), headers.delete("a"));
    let copy = headers.clone();
    println!("copy {:?} {}", copy.append("c", b"1"), list(&copy));
    println!("original {}", list(&headers));
}

fn check_messages() {
    let r = OutgoingRequest::new(Fields::new());
    println!("defaults {:?} {:?} {:?} {:?}", r.method(), r.path_with_query(), r.scheme(), r.authority());
    for m in ["PURGE", "", "A B", "A\r\n"] {
        println!("method {m:?} {:?}", r.set_method(&Method::Other(m.into())));
    }
    println!("method {:?}", r.method());
    for p in ["/a?b=c", "", "?q", "/a b", "/a\r\nX: y", "/#f", "x", "/\u{e9}", "*"] {
        println!("path {p:?} {:?}", r.set_path_with_query(Some(p)));
    }
    for s in ["ftp", "1x", "a b", ""] {
        println!("scheme {s:?} {:?}", r.set_scheme(Some(&Scheme::Other(s.into()))));
    }
    for a in ["example.org", "example.org:80", "[::1]:80", "u@h", "", "a b", "h:99999", "h:x", "[::1", "a\r\nb", "h/p", "h:"] {
        println!("authority {a:?} {:?}", r.set_authority(Some(a)));
    }
    println!("body {} {}", r.body().is_ok(), r.body().is_err());
    let response = OutgoingResponse::new(Fields::new());
    println!("response {} {:?} {:?} {}", response.status_code(), response.set_status_code(42), response.set_status_code(404),
        response.status_code());
    let body = response.body().unwrap();
    println!("response body {} {:?}", response.body().is_err(), OutgoingBody::finish(body, None));
}

fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    match a[0].as_str() {
        "fields" => check_fields(),
        "messages" => check_messages(),
        // URL NAME=VALUE...
        "get" => print(send(request(&Method::Get, &a[1], fields(&a[2..])), None)),
        // METHOD URL NAME=VALUE...
        "method" => print(send(request(&method_of(&a[1]), &a[2], fields(&a[3..])), None)),
        // URL COUNT: one after the other
        "repeat" => {
            for _ in 0..a[2].parse::<u32>().unwrap() {
                print(send(request(&Method::Get, &a[1], Fields::new()), None));
            }
        }
        // URLS: all at once
        "all" => {
            let futures: Vec<_> = a[1..].iter().map(|u| handle(request(&Method::Get, u, Fields::new()), None).unwrap()).collect();
            let mut left: Vec<usize> = (0..futures.len()).collect();
            while !left.is_empty() {
                let pollables: Vec<_> = left.iter().map(|i| futures[*i].subscribe()).collect();
                let ready = poll(&pollables.iter().collect::<Vec<_>>());
                for index in ready.iter().rev() {
                    let i = left.remove(*index as usize);
                    let r = futures[i].get().expect("ready").unwrap();
                    println!("{} {}", i, match r { Ok(r) => r.status().to_string(), Err(e) => show(&e) });
                    println!("again {}", futures[i].get().unwrap().is_err());
                }
            }
        }
        // URL SIZE CONTENT-LENGTH|- TRAILER|- [late]: a body, before or after the request is passed on
        "post" => {
            let size: usize = a[2].parse().unwrap();
            let f = Fields::new();
            if a[3] != "-" {
                f.append("content-length", a[3].as_bytes()).unwrap();
            }
            if a[4] == "announced" {
                f.append("trailer", b"x-sum").unwrap();
            }
            let r = request(&Method::Post, &a[1], f);
            let body = r.body().unwrap();
            let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            let trailers = if a[4] == "-" { None } else { Some(fields(&["x-sum=42".into()])) };
            let late = a.len() > 5;
            let future = if late { Some(handle(r, None)) } else { None };
            if let Err(e) = write_all(&body, &bytes) {
                println!("write {e}");
            }
            println!("finish {}", OutgoingBody::finish(body, trailers).map_or_else(|e| show(&e), |_| "ok".into()));
            match future.unwrap_or_else(|| panic!("late only")) {
                Ok(f) => print(wait(&f)),
                Err(e) => println!("error {}", show(&e)),
            }
        }
        // URL SIZE: a small body that is complete before the request is passed on
        "early" => {
            let r = request(&Method::Post, &a[1], Fields::new());
            let body = r.body().unwrap();
            let _ = write_all(&body, &vec![b'e'; a[2].parse().unwrap()]);
            OutgoingBody::finish(body, None).unwrap();
            print(send(r, None));
        }
        // URL: a body that is dropped without an end
        "dropped" => {
            let r = request(&Method::Post, &a[1], Fields::new());
            let body = r.body().unwrap();
            let future = handle(r, None).unwrap();
            let _ = write_all(&body, b"some");
            drop(body);
            print(wait(&future));
        }
        // URL: an echo, written and read in turns
        "duplex" => {
            let r = request(&Method::Post, &a[1], Fields::new());
            let body = r.body().unwrap();
            let stream = body.write().unwrap();
            let future = handle(r, None).unwrap();
            stream.blocking_write_and_flush(b"one ").unwrap();
            let response = wait(&future).unwrap();
            let incoming = response.consume().unwrap();
            let input = incoming.stream().unwrap();
            println!("{}", String::from_utf8_lossy(&input.blocking_read(100).unwrap()));
            stream.blocking_write_and_flush(b"two ").unwrap();
            println!("{}", String::from_utf8_lossy(&input.blocking_read(100).unwrap()));
            drop(stream);
            OutgoingBody::finish(body, None).unwrap();
            println!("{:?}", read_all(&input));
        }
        // URL CONNECT FIRST BETWEEN (ms)
        "timeouts" => {
            let ms = |i: usize| a[i].parse::<u64>().unwrap() * 1_000_000;
            print(send(request(&Method::Get, &a[1], Fields::new()), Some(options(ms(2), ms(3), ms(4)))));
        }
        // URL: only the trailers of a response, without reading its body
        "skip" => {
            let response = send(request(&Method::Get, &a[1], Fields::new()), None).unwrap();
            let body = response.consume().unwrap();
            let stream = body.stream().unwrap();
            println!("first {}", stream.blocking_read(10).unwrap().len());
            drop(stream);
            match finish(body) {
                Ok(t) => println!("trailers {:?}", t.map(|t| list(&t))),
                Err(e) => println!("error {}", show(&e)),
            }
        }
        // URL URL: the second is read while the first waits
        "crossed" => {
            let mut bodies = Vec::new();
            for url in &a[1..] {
                let response = send(request(&Method::Get, url, Fields::new()), None).unwrap();
                bodies.push(response.consume().unwrap());
            }
            for body in bodies.iter().rev() {
                let (bytes, error) = read_all(&body.stream().unwrap());
                println!("{} {error:?}", bytes.len());
            }
        }
        // URL: finish while the stream exists
        "trap" => {
            let r = request(&Method::Post, &a[1], Fields::new());
            let body = r.body().unwrap();
            let _stream = body.write().unwrap();
            let _ = OutgoingBody::finish(body, None);
        }
        // Fields without end
        "hoard" => {
            let mut all = Vec::new();
            loop {
                let f = Fields::new();
                f.append("a", &vec![b'x'; 100_000]).unwrap();
                all.push(f);
            }
        }
        other => {
            println!("no scenario {other}");
            exit(2);
        }
    }
}
