"""A server for http_test.py: HTTP/1.1 on threads, by the path of a request well or badly behaved. Standard library only."""
import collections
import socket
import ssl
import threading
import time

Request = collections.namedtuple("Request", "method target headers body trailers")


class Server:
    def __init__(self, certificate=None):
        self.requests = []
        self.connections = 0
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)
            self.tls.set_alpn_protocols(["http/1.1"])
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self, path="/hello", host="127.0.0.1"):
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            connection.settimeout(60)
            stream = connection.makefile("rb")
            while self.one(stream, connection):
                pass
        except OSError:
            pass
        finally:
            connection.close()

    @staticmethod
    def fields(stream):
        out = []
        while (line := stream.readline().decode("latin-1").rstrip("\r\n")):
            name, _, value = line.partition(":")
            out.append((name.lower(), value.strip()))
        return out

    def body(self, headers, stream, on_piece=lambda piece: None):
        """(bytes, trailers); None instead of bytes if the client broke off."""
        lengths = dict(headers)
        if "chunked" in lengths.get("transfer-encoding", ""):
            whole = b""
            while True:
                line = stream.readline()
                if not line:
                    return None, []
                size = int(line.split(b";")[0], 16)
                if size == 0:
                    return whole, self.fields(stream)
                piece = stream.read(size)
                stream.readline()
                if len(piece) < size:
                    return None, []
                on_piece(piece)
                whole += piece
        size = int(lengths.get("content-length", 0))
        whole = stream.read(size)
        return (whole if len(whole) == size else None), []

    def one(self, stream, connection):
        line = stream.readline().decode("latin-1")
        if not line.endswith("\r\n"):
            return False
        method, target, _ = line.split(" ", 2)
        headers = self.fields(stream)
        send = connection.sendall
        path = target.partition("?")[0]
        if path == "/early":
            send(b"HTTP/1.1 413 No\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n")
            time.sleep(0.3)  # the client still sends
            return False
        if path == "/never":
            time.sleep(30)
            return False
        if path == "/duplex":
            send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            self.body(headers, stream, lambda piece: send(b"%x\r\n%s\r\n" % (len(piece), piece)))
            send(b"0\r\n\r\n")
            return True
        body, trailers = self.body(headers, stream)
        self.requests.append(Request(method, target, headers, body, trailers))
        if body is None:
            return False

        def plain(content, status="200 OK", more=b""):
            send(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n" % (status.encode(), len(content), more))
            if method != "HEAD":
                send(content)

        if path == "/hello":
            plain(b"hello\n", more=b"X-One: 1\r\nx-one: 2\r\nKeep-Alive: timeout=5\r\n")
        elif path == "/echo":
            plain(body)
        elif path == "/trailers":
            send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n4\r\nabcd\r\n"
                 b"0\r\nX-Sum: 42\r\nX-Two: b\r\n\r\n")
        elif path == "/big":
            size = int(target.partition("?")[2])
            plain(bytes(range(256)) * (size // 256) + bytes(range(size % 256)))
        elif path == "/endless":
            send(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                send(b"x" * 65536)
        elif path == "/slow-head":
            time.sleep(5)
            plain(b"late")
        elif path == "/slow-body":
            send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            time.sleep(5)
            return False
        elif path == "/truncated":
            send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            return False
        elif path == "/bad-chunk":
            send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc")
            return False
        elif path == "/garbage":
            send(b"this is not HTTP\r\n\r\n")
            return False
        elif path == "/close":
            return False
        elif path == "/large-head":
            send(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(250)) + b"\r\n")
        elif path == "/large-trailers":
            send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" +
                 b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(250)) + b"\r\n")
        elif path == "/informational":
            send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            send(b"HTTP/1.1 100 Continue\r\n\r\n")
            plain(b"final")
        elif path == "/switch":
            send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
            time.sleep(1)
            return False
        elif path == "/gzip":
            send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        elif path == "/bad-name":
            send(b"HTTP/1.1 200 OK\r\nA b: c\r\nContent-Length: 0\r\n\r\n")
        elif path == "/bad-value":
            send(b"HTTP/1.1 200 OK\r\nA: b\x01c\r\nContent-Length: 0\r\n\r\n")
        elif path == "/redirect":
            plain(b"", "302 Found", b"Location: /hello\r\n")
        elif path == "/old":
            send(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")
            return False
        else:
            plain(b"not found", "404 Not Found")
        return True
