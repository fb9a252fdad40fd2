/// A server with every behaviour the tests need, for the Python interpreter; standard library only.
///
/// Arguments: a directory with certificates. Prints one JSON line with its ports, and ends with its input.
enum TestServerScript {
    static let source = #"""
        import asyncio, gzip, json, os, ssl, struct, sys, threading
        from urllib.parse import urlsplit, parse_qs

        directory = sys.argv[1]
        connections = 0
        requests = {}

        def head(status, headers, version="HTTP/1.1"):
            lines = [f"{version} {status} X"] + [f"{k}: {v}" for k, v in headers]
            return ("\r\n".join(lines) + "\r\n\r\n").encode()

        async def serve(reader, writer):
            global connections
            connections += 1
            connection = connections
            try:
                while await exchange(reader, writer, connection):
                    pass
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                pass
            finally:
                writer.close()

        async def exchange(reader, writer, connection):
            raw = await reader.readuntil(b"\r\n\r\n")
            lines = raw.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ")
            headers = [line.split(": ", 1) if ": " in line else [line.rstrip(":"), ""] for line in lines[1:] if line]
            length = next((int(v) for k, v in headers if k.lower() == "content-length"), 0)
            body = await reader.readexactly(length) if length else b""
            url = urlsplit(target)
            query = {k: v[0] for k, v in parse_qs(url.query).items()}
            path = url.path
            requests[path] = requests.get(path, 0) + 1

            def answer(status, payload, extra=()):
                writer.write(head(status, [("Content-Length", len(payload)), *extra]) + (b"" if method == "HEAD" else payload))

            if path == "/echo":
                answer(200, json.dumps({"method": method, "target": target, "headers": headers,
                                        "body": body.decode("latin-1"), "connection": connection}).encode(),
                       [("X-Twice", "one"), ("x-twice", "two"), ("X-Empty", "")])
            elif path == "/connection":
                answer(200, str(connection).encode())
            elif path == "/count":
                answer(200, str(requests.get(query["of"], 0)).encode())
            elif path == "/status":
                answer(int(query["code"]), b"status body")
            elif path == "/redirect":
                answer(302, b"", [("Location", query.get("to", "/connection"))])
            elif path == "/gzip":
                answer(200, gzip.compress(b"a" * int(query["bytes"])), [("Content-Encoding", "gzip")])
            elif path == "/badgzip":
                answer(200, b"this is not gzip", [("Content-Encoding", "gzip")])
            elif path == "/slow":
                await asyncio.sleep(int(query["ms"]) / 1000)
                answer(200, b"slow")
            elif path == "/hang":
                await asyncio.sleep(3600)
            elif path == "/drip":
                writer.write(head(200, [("Content-Length", 1000)]))
                while True:
                    writer.write(b".")
                    await writer.drain()
                    await asyncio.sleep(0.05)
            elif path == "/stall":
                writer.write(head(200, [("Content-Length", 1000)]) + b"begin")
                await asyncio.sleep(3600)
            elif path == "/truncated":
                writer.write(head(200, [("Content-Length", 1000)]) + b"only this")
                await writer.drain()
                return False
            elif path == "/truncatedchunks":
                writer.write(head(200, [("Transfer-Encoding", "chunked")]) + b"5\r\nhello\r\n")
                await writer.drain()
                return False
            elif path.startswith("/nothing"):
                return False
            elif path == "/garbage":
                writer.write(b"SSH-2.0-nothing here speaks http\r\n\r\n")
                await writer.drain()
                return False
            elif path == "/headers":
                writer.write(b"HTTP/1.1 200 OK\r\n")
                for i in range(1000):
                    writer.write(f"X-{i}: {'v' * 1000}\r\n".encode())
                    await writer.drain()
                writer.write(b"Content-Length: 0\r\n\r\n")
            elif path == "/interim":
                writer.write(b"HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n")
                answer(200, b"final", [("X-Final", "yes")])
            elif path == "/big":
                writer.write(head(200, [("Transfer-Encoding", "chunked")]))
                left, piece = int(query["bytes"]), b"x" * 65536
                sent = 0
                while left:
                    part = piece[:min(left, len(piece))]
                    left -= len(part)
                    writer.write(b"%x\r\n%s\r\n" % (len(part), part))
                    await writer.drain()
                    sent += len(part)
                    requests["/big-sent"] = sent
                writer.write(b"0\r\n\r\n")
            else:
                answer(404, b"no such path")
            await writer.drain()
            return True

        def frame(kind, flags, stream, payload=b""):
            return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

        # HTTP/2 with the least there is: every request is answered 200 with its connection's number, after a
        # while. Request headers need no decoding for that, and ":status: 200" is the one byte 0x88 (RFC 7541, A).
        async def serve2(reader, writer):
            global connections
            connections += 1
            connection = connections
            tasks = []
            try:
                await reader.readexactly(24)
                writer.write(frame(4, 0, 0))

                async def answer(stream):
                    await asyncio.sleep(0.05)
                    writer.write(frame(1, 4, stream, b"\x88") + frame(0, 1, stream, str(connection).encode()))

                while True:
                    prefix = await reader.readexactly(9)
                    length = int.from_bytes(prefix[:3], "big")
                    kind, flags, stream = prefix[3], prefix[4], int.from_bytes(prefix[5:9], "big") & 0x7FFFFFFF
                    payload = await reader.readexactly(length)
                    if kind == 4 and not flags & 1:
                        writer.write(frame(4, 1, 0))
                    elif kind == 6 and not flags & 1:
                        writer.write(frame(6, 1, 0, payload))
                    elif kind == 1:
                        tasks.append(asyncio.create_task(answer(stream)))
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        def context(name, protocols=()):
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            made.load_cert_chain(os.path.join(directory, f"{name}.pem"))
            if protocols:
                made.set_alpn_protocols(list(protocols))
            return made

        async def main():
            servers = {}
            async def open_port(name, handler, tls=None, host="127.0.0.1"):
                server = await asyncio.start_server(handler, host, 0, ssl=tls, backlog=2048, limit=1 << 20)
                servers[name] = server.sockets[0].getsockname()[1]
                keep.append(server)
            keep = []
            await open_port("plain", serve)
            await open_port("tls", serve, context("good"))
            await open_port("expired", serve, context("expired"))
            await open_port("otherName", serve, context("other-name"))
            await open_port("http2", serve2, context("good", ["h2"]))
            async def silent(reader, writer):
                await asyncio.sleep(3600)
            await open_port("silent", silent)
            async def closing(reader, writer):
                writer.close()
            await open_port("closing", closing)
            print(json.dumps(servers), flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
            os._exit(0)

        asyncio.run(main())
        """#
}
