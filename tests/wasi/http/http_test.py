#!/usr/bin/env python3
"""Outgoing HTTP as a component sees it (guest/src/main.rs), through the command: http_test.py --ermine FILE. Uses a server
of its own (server.py), and for HTTP/2 nghttpd, if it is there."""
import argparse
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from server import Server

HERE = pathlib.Path(__file__).parent
GUEST = HERE / "guest.wasm"
ERMINE = None
LOCAL = "127.0.0.1:*"


def ermine(*arguments, options=(), grant=LOCAL, timeout=60):
    command = ERMINE + ["run", *(["--http", grant] if grant else []), *options, str(GUEST), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, errors="replace")


class Case(unittest.TestCase):
    def lines(self, *arguments, code=0, **more):
        done = ermine(*arguments, **more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.stderr = done.stderr
        return done.stdout.splitlines()


class Values(Case):
    """What needs no server."""

    def test_fields(self):
        immutable = "HeaderError::Immutable"
        self.assertEqual(self.lines("fields", grant=None), [
            "entries X-One=1 x-one=2 B=3 B=",
            "get [[49], [50]] [] []",
            "has true false false",
            'append "a b" "x" Err(HeaderError::InvalidSyntax)',
            'append "" "x" Err(HeaderError::InvalidSyntax)',
            'append "a:" "x" Err(HeaderError::InvalidSyntax)',
            'append "ok" "a\\r\\nb: c" Err(HeaderError::InvalidSyntax)',
            'append "ok" "a\\0" Err(HeaderError::InvalidSyntax)',
            'append "ok" "\\u{7f}" Err(HeaderError::InvalidSyntax)',
            'append "Host" "x" Err(HeaderError::Forbidden)',
            'append "connection" "x" Err(HeaderError::Forbidden)',
            'append "Transfer-Encoding" "chunked" Err(HeaderError::Forbidden)',
            'append "upgrade" "x" Err(HeaderError::Forbidden)',
            'append "ok" "t\\tab" Ok(())',
            'append "ok" "é" Ok(())',
            "set Err(HeaderError::InvalidSyntax) Err(HeaderError::Forbidden)",
            "delete Ok(()) Ok(()) Err(HeaderError::InvalidSyntax)",
            'from-list Ok("a=1 A=2")',
            "from-list Err(HeaderError::Forbidden)",
            "from-list Err(HeaderError::InvalidSyntax)",
            f"immutable Err({immutable}) Err({immutable}) Err({immutable})",
            "copy Ok(()) B=3 B= ok=t\tab ok=é c=1",
            "original B=3 B= ok=t\tab ok=é"])

    def test_messages(self):
        self.assertEqual(self.lines("messages", grant=None), [
            "defaults Method::Get None None None",
            'method "PURGE" Ok(())', 'method "" Err(())', 'method "A B" Err(())', 'method "A\\r\\n" Err(())',
            'method Method::Other("PURGE")',
            'path "/a?b=c" Ok(())', 'path "" Ok(())', 'path "?q" Ok(())', 'path "/a b" Err(())', 'path "/a\\r\\nX: y" Err(())',
            'path "/#f" Err(())', 'path "x" Err(())', 'path "/é" Err(())', 'path "*" Ok(())',
            'scheme "ftp" Ok(())', 'scheme "1x" Err(())', 'scheme "a b" Err(())', 'scheme "" Err(())',
            'authority "example.org" Ok(())', 'authority "example.org:80" Ok(())', 'authority "[::1]:80" Ok(())',
            'authority "u@h" Ok(())', 'authority "" Err(())', 'authority "a b" Err(())', 'authority "h:99999" Err(())',
            'authority "h:x" Err(())', 'authority "[::1" Err(())', 'authority "a\\r\\nb" Err(())', 'authority "h/p" Err(())',
            'authority "h:" Ok(())',
            "body true true",
            "response 200 Err(()) Ok(()) 404",
            "response body true Ok(())"])

    def test_limit_of_fields(self):
        done = ermine("hoard", grant=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("HTTP fields of the program take more than 16 MiB", done.stderr)


class Grants(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    def setUp(self):
        self.server.connections = 0

    def test_nothing_by_default(self):
        self.assertEqual(self.lines("get", self.server.url(), grant=None), ["error ErrorCode::HttpRequestDenied"])
        self.assertEqual(self.server.connections, 0)

    def test_finish_with_a_stream(self):
        done = ermine("trap", "http://a/", grant=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("outgoing-body.finish: the output-stream of the body still exists", done.stderr)

    def test_other_port(self):
        self.assertEqual(self.lines("get", self.server.url(), grant=f"127.0.0.1:{self.server.port + 1}"),
                         ["error ErrorCode::HttpRequestDenied"])

    def test_name_of_a_private_address(self):
        # A name that is granted reaches public addresses only.
        lines = self.lines("get", self.server.url(host="localhost"), grant="*:*")
        self.assertIn(lines, (["error ErrorCode::DestinationIpProhibited"], ["error ErrorCode::HttpRequestDenied"]))
        lines = self.lines("get", self.server.url(host="localhost"), grant="localhost:*")
        self.assertEqual(lines[0], "status 200")

    def test_urls(self):
        for authority in ("user@127.0.0.1", "127.0.0.1:0", "127.1", "0x7f000001"):
            lines = self.lines("get", f"http://{authority}/", grant="*+loopback:*")
            self.assertEqual(lines, ["error ErrorCode::HttpRequestUriInvalid"], authority)
        self.assertEqual(self.lines("method", "CONNECT", self.server.url()), ["error ErrorCode::HttpRequestMethodInvalid"])


class Plain(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()

    def setUp(self):
        self.server.requests.clear()
        self.server.connections = 0

    def get(self, path, **more):
        return self.lines("get", self.server.url(path), **more)

    def test_get(self):
        self.assertEqual(self.get("/hello?a=b&c"), [
            "status 200", "headers Content-Length=6 X-One=1 x-one=2", "body hello", "", "no trailers"])
        request = self.server.requests[0]
        self.assertEqual((request.method, request.target), ("GET", "/hello?a=b&c"))
        # Nothing but what the program said.
        self.assertEqual(request.headers, [("host", f"127.0.0.1:{self.server.port}")])

    def test_fields_are_sent(self):
        self.lines("get", self.server.url(), "X-A=1", "x-a=2", "Empty=", "Accept=text/plain", "Spaces=  a b ")
        self.assertEqual(self.server.requests[0].headers[1:],
                         [("x-a", "1"), ("x-a", "2"), ("empty", ""), ("accept", "text/plain"), ("spaces", "a b")])

    def test_methods(self):
        for method in ("HEAD", "DELETE", "PURGE", "PUT", "POST"):
            lines = self.lines("method", method, self.server.url("/echo"))
            self.assertEqual(lines[0], "status 200")
            self.assertEqual(self.server.requests[-1].method, method)
        self.assertIn(("content-length", "0"), self.server.requests[-1].headers)

    def test_empty_path(self):
        self.lines("get", self.server.url(""))
        self.assertEqual(self.server.requests[0].target, "/")

    def test_bodies(self):
        for size in (0, 1, 1000, 70_000, 3_000_000):
            for length in ("-", str(size)):
                lines = self.lines("post", self.server.url("/echo"), size, length, "-", "late")
                self.assertEqual(lines[:2], ["finish ok", "status 200"], (size, length))
                request = self.server.requests[-1]
                self.assertEqual(request.body, bytes(i % 251 for i in range(size)))
                self.assertEqual(dict(request.headers).get("content-length", "-") == "-", length == "-" and size > 65536,
                                 request.headers)

    def test_body_before_the_request(self):
        self.assertEqual(self.lines("early", self.server.url("/echo"), 5)[:3],
                         ["status 200", "headers Content-Length=5", "body eeeee"])
        self.assertEqual(dict(self.server.requests[0].headers)["content-length"], "5")

    def test_wrong_length(self):
        lines = self.lines("post", self.server.url("/echo"), 10, 20, "-", "late")
        self.assertEqual(lines[0], "finish ErrorCode::HttpRequestBodySize(Some(10))")
        self.assertTrue(lines[1].startswith("error "), lines)
        lines = self.lines("post", self.server.url("/echo"), 20, 10, "-", "late")
        self.assertEqual(lines[:2], ["write ErrorCode::HttpRequestBodySize(Some(20))",
                                     "finish ErrorCode::HttpRequestBodySize(Some(20))"])
        self.assertFalse([r for r in self.server.requests if r.body is not None])

    def test_dropped_body(self):
        self.assertTrue(self.lines("dropped", self.server.url("/echo"))[0].startswith("error "))
        self.assertFalse([r for r in self.server.requests if r.body is not None])

    def test_request_trailers(self):
        for announced in ("announced", "yes"):
            self.lines("post", self.server.url("/echo"), 100, "-", announced, "late")
            self.assertEqual(self.server.requests[-1].trailers, [("x-sum", "42")])
        lines = self.lines("post", self.server.url("/echo"), 100, "100", "yes", "late")
        self.assertTrue(lines[-1].startswith("trailers error ErrorCode::InternalError(Some(\"the request's trailers"), lines)

    def test_response_trailers(self):
        self.assertEqual(self.get("/trailers"),
                         ["status 200", "headers Trailer=X-Sum", "body abcd", "trailers X-Sum=42 X-Two=b"])
        self.assertEqual(self.lines("skip", self.server.url("/trailers"))[1], 'trailers Some("X-Sum=42 X-Two=b")')

    def test_large(self):
        self.assertEqual(self.get("/big?20000000")[2], self.expected_sum(20_000_000))
        self.assertEqual(self.lines("skip", self.server.url("/big?20000000")), ["first 10", "trailers None"])

    @staticmethod
    def expected_sum(size):
        total, block = 0, bytes(range(256))
        for byte in block * (size // 256) + block[:size % 256]:
            total = (total * 31 + byte) & 0xFFFFFFFF
        return f"body of {size} bytes, sum {total}"

    def test_duplex(self):
        self.assertEqual(self.lines("duplex", self.server.url("/duplex")), ["one ", "two ", "([], None)"])

    def test_two_at_once(self):
        # The first one waits for its reader while the second is read.
        self.assertEqual(self.lines("crossed", self.server.url("/big?3000000"), self.server.url("/big?2000000")),
                         ["2000000 None", "3000000 None"])

    def test_many_at_once(self):
        lines = self.lines("all", *[self.server.url(f"/hello?{i}") for i in range(40)])
        self.assertEqual(sorted(lines), sorted([f"{i} 200" for i in range(40)] + ["again true"] * 40))

    def test_connection_is_kept(self):
        self.lines("repeat", self.server.url(), 5)
        self.assertEqual((len(self.server.requests), self.server.connections), (5, 1))

    def test_endless_response(self):
        done = ermine("get", self.server.url("/endless"), options=["--timeout", "500ms"])  # the guest keeps what it has read
        self.assertIn("timeout", done.stderr)
        lines = self.get("/endless", options=["-S", "max-http-response-body=1M"])
        self.assertTrue(lines[3].startswith("body error ErrorCode::HttpResponseBodySize(Some(1048576))"), lines)

    def test_bad_responses(self):
        for path, error in (
                ("/garbage", "HttpProtocolError"), ("/close", "ConnectionTerminated"), ("/switch", "HttpProtocolError"),
                ("/gzip", 'HttpResponseTransferCoding(Some("gzip, chunked"))'), ("/bad-name", "HttpProtocolError"),
                ("/bad-value", "HttpProtocolError"),
                ("/large-head", "HttpResponseHeaderSectionSize(Some(131072))")):
            self.assertEqual(self.get(path), [f"error ErrorCode::{error}"], path)
        for path in ("/truncated", "/bad-chunk"):
            lines = self.get(path)
            self.assertEqual(lines[0], "status 200")
            self.assertIn(lines[-1], ("trailers error ErrorCode::HttpResponseIncomplete",
                                      "trailers error ErrorCode::HttpProtocolError"), path)
        self.assertEqual(self.get("/large-trailers")[-1],
                         "trailers error ErrorCode::HttpResponseTrailerSectionSize(Some(131072))")

    def test_other_responses(self):
        self.assertEqual(self.get("/informational"), ["status 200", "headers Content-Length=5", "body final", "no trailers"])
        self.assertEqual(self.get("/old"), ["status 200", "headers ", "body until the end", "no trailers"])
        # Whether to follow it is the program's decision.
        self.assertEqual(self.get("/redirect")[0], "status 302")

    def test_early_response(self):
        lines = self.lines("post", self.server.url("/early"), 5_000_000, "-", "-", "late")
        self.assertTrue("status 413" in lines or "error ErrorCode::ConnectionTerminated" in lines, lines)

    def test_timeouts(self):
        begin = time.monotonic()
        self.assertEqual(self.lines("timeouts", self.server.url("/slow-head"), 2000, 300, 2000),
                         ["error ErrorCode::ConnectionReadTimeout"])
        lines = self.lines("timeouts", self.server.url("/slow-body"), 2000, 2000, 300)
        self.assertEqual(lines[:4], ["status 200", "headers Content-Length=10", "body abc",
                                     "body error ErrorCode::ConnectionReadTimeout"])
        self.assertEqual(self.get("/slow-head", options=["-S", "http-timeout=300ms"]),
                         ["error ErrorCode::ConnectionReadTimeout"])
        self.assertLess(time.monotonic() - begin, 12)

    def test_write_timeout(self):
        lines = self.lines("post", self.server.url("/never"), 30_000_000, "-", "-", "late",
                           options=["-S", "http-timeout=500ms"])
        self.assertEqual(lines[0], "write ErrorCode::ConnectionWriteTimeout")

    def test_interrupted(self):
        begin = time.monotonic()
        done = ermine("get", self.server.url("/slow-head"), options=["--timeout", "300ms"])
        self.assertNotEqual(done.returncode, 0)
        self.assertLess(time.monotonic() - begin, 4)

    def test_connecting(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
        self.assertEqual(self.lines("get", f"http://127.0.0.1:{port}/"), ["error ErrorCode::ConnectionRefused"])
        # A server whose queue is full.
        with contextlib.ExitStack() as stack:
            full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            for _ in range(4):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            self.assertEqual(self.lines("timeouts", f"http://127.0.0.1:{full.getsockname()[1]}/", 300, 5000, 5000),
                             ["error ErrorCode::ConnectionTimeout"])

    def test_limits(self):
        lines = self.lines("get", self.server.url(), "a=" + "x" * 2000, options=["-S", "max-http-fields-size=1000"])
        self.assertTrue(lines[0].startswith("error ErrorCode::HttpRequestHeaderSectionSize"), lines)
        lines = self.lines("post", self.server.url("/echo"), 2000, "-", "-", "late", options=["-S", "max-http-request-body=1000"])
        self.assertEqual(lines[0], "write ErrorCode::HttpRequestBodySize(Some(2000))")

    def test_requests_at_once(self):
        done = ermine("all", *[self.server.url("/slow-head")] * 3, options=["-S", "max-http-requests=2"])
        self.assertIn("ConnectionLimitReached", done.stderr + done.stdout)

    def test_environment_has_no_influence(self):
        os.environ["http_proxy"] = os.environ["HTTPS_PROXY"] = os.environ["ALL_PROXY"] = "http://127.0.0.1:1"
        try:
            self.assertEqual(self.get("/hello")[0], "status 200")
        finally:
            for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
                del os.environ[name]

    def test_trace(self):
        self.lines("get", self.server.url(), options=["--log", "wasi"])
        self.assertIn("http/outgoing-handler.handle(", self.stderr)
        self.assertIn("= ok(#", self.stderr)


def make_certificate(directory, name):
    key, certificate = f"{directory}/{name}.key", f"{directory}/{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)
    return certificate, key


@unittest.skipUnless(shutil.which("openssl"), "openssl makes the certificates, and is not there")
class Tls(Case):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.certificate, cls.key = make_certificate(cls.directory.name, "localhost")
        cls.server = Server((cls.certificate, cls.key))
        cls.other, _ = make_certificate(cls.directory.name, "other")

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def test_trusted(self):
        lines = self.lines("get", self.server.url(), options=["--cacert", self.certificate])
        self.assertEqual(lines[0], "status 200")
        lines = self.lines("get", self.server.url(host="localhost"), grant="localhost:*", options=["--cacert", self.certificate])
        self.assertEqual(lines[0], "status 200")

    def test_not_trusted(self):
        for options in ([], ["--cacert", self.other]):
            self.assertEqual(self.lines("get", self.server.url(), options=options),
                             ["error ErrorCode::TlsCertificateError"], options)

    def test_not_tls(self):
        plain = Server()
        lines = self.lines("get", plain.url().replace("http:", "https:"), options=["--cacert", self.certificate])
        self.assertEqual(lines, ["error ErrorCode::TlsProtocolError"])

    def test_alert(self):
        # The server wants a certificate of the client.
        strict = Server((self.certificate, self.key))
        strict.tls.maximum_version = 0x0303  # in TLS 1.3 the alert comes after the handshake
        strict.tls.verify_mode = 2
        lines = self.lines("get", strict.url(), options=["--cacert", self.certificate])
        self.assertTrue(lines[0].startswith("error ErrorCode::TlsAlertReceived"), lines)

    def test_bad_file(self):
        for name in (f"{self.directory.name}/none.pem", self.key):
            done = ermine("get", self.server.url(), options=["--cacert", name])
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(name, done.stderr)

    @unittest.skipUnless(shutil.which("nghttpd"), "nghttpd (Debian's package nghttp2-server) is not there: no HTTP/2")
    def test_http_2(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        pathlib.Path(self.directory.name, "file").write_bytes(bytes(range(256)) * 20_000)
        server = subprocess.Popen(["nghttpd", "--address=127.0.0.1", f"--htdocs={self.directory.name}", "--echo-upload",
                                   "--trailer=x-sum: 42", str(port), self.key, self.certificate],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.05)
            url, options = f"https://127.0.0.1:{port}", ["--cacert", self.certificate]
            lines = self.lines("get", url + "/file", options=options)
            self.assertEqual(lines[0], "status 200")
            self.assertIn("server=nghttpd", lines[1])
            self.assertEqual(lines[2], Plain.expected_sum(256 * 20_000))
            self.assertEqual(lines[3], "trailers x-sum=42")
            lines = self.lines("post", url + "/", 300_000, "-", "-", "late", options=options)
            self.assertEqual(lines[:2], ["finish ok", "status 200"])
            self.assertTrue(lines[3].startswith("body of 300000 bytes"), lines)
            # Announced trailers need HTTP/1.1, which this server does not have; others cannot be sent.
            lines = self.lines("post", url + "/", 300_000, "-", "yes", "late", options=options)
            self.assertIn("the request's trailers could not be sent", lines[-1])
            lines = self.lines("crossed", url + "/file", url + "/file", options=options)
            self.assertEqual(lines, ["5120000 None", "5120000 None"])
            self.assertEqual(self.lines("get", url + "/none", options=options)[0], "status 404")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ermine", required=True)
    parser.add_argument("--emulator", default="")
    known, rest = parser.parse_known_args()
    ERMINE = known.emulator.split() + [known.ermine]
    unittest.main(argv=[sys.argv[0], *rest])
