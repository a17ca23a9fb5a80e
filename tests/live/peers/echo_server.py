#!/usr/bin/python3
"""A WebSocket server on python3-websockets. Prints its port on 127.0.0.1 as the first line, then
'closed CODE REASON' for each ended connection, from the server's point of view.

    echo_server.py [--port PORT] [--cert PEM --key PEM] [--subprotocol NAME] [--deflate]

The path selects the behaviour:
    /                             sends each message back, with its type
    /fragments?count=N            sends each message back in N fragments
    /fragments?count=N&ping=1     ... with a ping after each fragment but the last
    /big?size=N&type=text|binary  sends one message of N bytes; byte i of a binary one is i % 251, a text is x's
    /count?n=N                    sends the numbers 0 to N-1, a message each
    /ping?payload=P               sends a ping, and the text 'pong' when it was answered
    /silent                       echoes, but answers no ping
    /close?code=C&reason=R        closes at once
    /drop                         resets the connection at the first message
    /stall                        reads nothing after the upgrade
    /headers?name=H               sends the value of the request's header H
    /reject?status=S&retry-after=T    refuses the upgrade
    /plan?steps=A,B,C             the first connection gets A, the next B, all from the third on C; a step is one of
                                  echo, close:CODE:REASON, drop, STATUS (an upgrade refused), STATUS:RETRY-AFTER,
                                  and 302:LOCATION
"""
import argparse
import asyncio
import collections
import http
import signal
import ssl
import traceback
import urllib.parse

import websockets


connections = collections.Counter()  # by path


def refusal(status, detail=''):
    name = 'Location' if status.startswith('3') else 'Retry-After'
    return http.HTTPStatus(int(status)), {name: detail} if detail else {}, b'not today\n'


class Protocol(websockets.WebSocketServerProtocol):
    async def process_request(self, path, request_headers):
        url = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == '/reject':
            return refusal(query['status'], query.get('retry-after', ''))
        if url.path == '/plan':
            steps = query['steps'].split(',')
            step = steps[min(connections[path], len(steps) - 1)]
            connections[path] += 1
            self.step, _, self.detail = step.partition(':')
            if self.step.isdecimal():
                return refusal(self.step, self.detail)
        return None

    async def pong(self, data=b''):
        if urllib.parse.urlsplit(self.path).path != '/silent':
            await super().pong(data)


async def fragments(ws, message, count, with_pings):
    size = max(1, -(-len(message) // count))
    cuts = [message[i:i + size] for i in range(0, len(message), size)] or [message]
    for number, cut in enumerate(cuts):
        yield cut
        if with_pings and number + 1 < len(cuts):
            await ws.ping()


async def echo(ws, _query):
    async for message in ws:
        await ws.send(message)


async def echo_fragments(ws, query):
    async for message in ws:
        await ws.send(fragments(ws, message, int(query['count']), 'ping' in query))


async def big(ws, query):
    size = int(query['size'])
    if query.get('type') == 'text':
        await ws.send('x' * size)
    else:
        await ws.send((bytes(range(251)) * (size // 251 + 1))[:size])
    await ws.wait_closed()


async def count(ws, query):
    for number in range(int(query['n'])):
        await ws.send(str(number))
    await ws.wait_closed()


async def ping(ws, query):
    await (await ws.ping(query.get('payload', '')))
    await ws.send('pong')
    await ws.wait_closed()


async def close(ws, query):
    await ws.close(int(query.get('code', 1000)), query.get('reason', ''))


async def drop(ws, _query):
    await ws.recv()
    ws.transport.abort()


async def plan(ws, query):
    if ws.step == 'close':
        code, _, reason = ws.detail.partition(':')
        await ws.close(int(code), reason)
    else:
        await {'echo': echo, 'drop': drop}[ws.step](ws, query)


async def stall(ws, _query):
    ws.transport.pause_reading()
    await asyncio.get_running_loop().create_future()


async def headers(ws, query):
    await ws.send(ws.request_headers.get(query['name'], ''))
    await ws.wait_closed()


MODES = {'/': echo, '/silent': echo, '/fragments': echo_fragments, '/big': big, '/count': count, '/ping': ping,
         '/close': close, '/drop': drop, '/plan': plan, '/stall': stall, '/headers': headers}


async def serve_one(ws):
    url = urllib.parse.urlsplit(ws.path)
    mode = MODES.get(url.path)
    if mode is None:
        await ws.close(1008, 'no such path')
    else:
        try:
            await mode(ws, dict(urllib.parse.parse_qsl(url.query)))
        except websockets.ConnectionClosed:
            pass
        except Exception:
            traceback.print_exc()
            raise
    await ws.wait_closed()
    print('closed', ws.close_code, ws.close_reason, flush=True)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--port', type=int, default=0)
    parser.add_argument('--cert')
    parser.add_argument('--key')
    parser.add_argument('--subprotocol', action='append', default=[])
    parser.add_argument('--deflate', action='store_true')
    options = parser.parse_args()
    tls = None
    if options.cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.cert, options.key)
    ended = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set_result, None)
    # No pings and no limits of its own, so that a test controls everything.
    async with websockets.serve(serve_one, '127.0.0.1', options.port, ssl=tls, create_protocol=Protocol, max_size=None,
                                ping_interval=None, compression='deflate' if options.deflate else None,
                                subprotocols=options.subprotocol or None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await ended


asyncio.run(main())
