#!/usr/bin/env python3
"""TLS as a program has it (client.wat), through the command with its process sandbox: tls_test.py --ermine FILE."""
import argparse
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

CLIENT = pathlib.Path(__file__).parent / "client.wat"
ERMINE = None


class Server:
    """Answers one line a connection."""

    def __init__(self, directory, ends=True):
        self.certificate, key = f"{directory}/ca.pem", f"{directory}/key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                        key, "-out", self.certificate], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self.ends = ends
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            connection, _ = self.socket.accept()
            try:
                with self.context.wrap_socket(connection, server_side=True) as tls:
                    tls.sendall(b"you said " + tls.recv(100))
                    if self.ends:
                        tls.unwrap()
            except OSError:
                pass


@unittest.skipUnless(shutil.which("openssl"), "openssl makes the certificates, and is not there")
class Tls(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def run_client(self, server, *options):
        return subprocess.run(ERMINE + ["run", "--tcp", "127.0.0.1:*", *options, str(CLIENT), str(server.port)],
                              capture_output=True, text=True, timeout=60)

    def test_granted(self):
        server = Server(self.directory.name)
        for options in ((), ("--sandbox=off",)):
            done = self.run_client(server, "--tls", "--cacert", server.certificate, *options)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "you said hello\n", ""))

    def test_not_granted(self):
        done = self.run_client(Server(self.directory.name))
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (1, "the program may not use TLS",
                          "note: the program may not use TLS; --tls grants that\n"))

    def test_not_trusted(self):
        other = tempfile.TemporaryDirectory()
        self.addCleanup(other.cleanup)
        done = self.run_client(Server(self.directory.name), "--tls", "--cacert", Server(other.name).certificate)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIn("the certificate of the server is not trusted: self-signed certificate", done.stdout)

    def test_cut_off(self):
        server = Server(self.directory.name, ends=False)
        done = self.run_client(server, "--tls", "--cacert", server.certificate)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "you said hello\n", ""))

    def test_certificates(self):
        done = self.run_client(Server(self.directory.name), "--tls", "--cacert", "/nonexistent")
        self.assertEqual((done.returncode, done.stderr),
                         (1, "error: cannot read the certificates in '/nonexistent': No such file or directory\n"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ermine", required=True)
    args, rest = parser.parse_known_args()
    ERMINE = args.ermine.split()
    unittest.main(argv=sys.argv[:1] + rest)
