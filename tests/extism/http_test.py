#!/usr/bin/env python3
"""Runs the program with the URL of a server: http_test.py PROGRAM PLUGIN OTHER. What the server answers is in the
program's http() and modules_by_url()."""
import http.server
import subprocess
import sys
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/redirect":
            self.answer(302, Location="there?1")
        elif self.path == "/away":
            self.answer(301, Location="http://localhost/")
        elif self.path == "/large":
            self.answer(200, b"x" * 1001)
        elif self.path.startswith("/module"):
            # A module comes only with the headers that the manifest has; elsewhere, without the secret.
            secret = "only-here" if self.path == "/module" else None
            with open(sys.argv[2], "rb") as module:
                right = self.headers["X-Test"] == "a" and self.headers["Authorization"] == secret
                self.answer(200 if right else 403, module.read())
        elif self.path == "/moved":
            self.answer(302, Location="/module")
        elif self.path == "/elsewhere":
            self.answer(302, Location=f"http://localhost:{self.server.server_port}/module-elsewhere")
        elif self.path == "/slow":
            time.sleep(1)
        else:
            self.answer(203, f"GET {self.path} {self.headers['X-Test']}".encode())

    def do_POST(self):
        if self.path == "/module":
            self.do_GET()
            return
        self.answer(200, self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that gives up


with Server(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = subprocess.run([*sys.argv[1:], f"http://127.0.0.1:{server.server_port}"])
    server.shutdown()
sys.exit(done.returncode)
