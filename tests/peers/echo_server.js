// A WebSocket server on Node's ws. The first line that it prints is its port on 127.0.0.1; then come
// 'closed CODE REASON' for each connection that ended, as this side saw it.
//
//     node echo_server.js [--cert PEM --key PEM]
//
// The path chooses what it does:
//     /                             sends each message back, with its type
//     /fragments?count=N            sends each message back in N fragments
//     /big?size=N&type=text|binary  sends one message of N bytes; byte i of a binary one is i % 251, a text is x's
//     /ping?payload=P               sends a ping, and the text 'pong' when it was answered
//     /close?code=C&reason=R        closes at once
//     /terminate                    resets the connection at the first message
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const { WebSocketServer } = require('ws');

function option(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

function sendInFragments(ws, data, isBinary, count) {
  const size = Math.max(1, Math.ceil(data.length / count));
  let begin = 0;
  do {
    const end = begin + size;
    ws.send(data.subarray(begin, end), { binary: isBinary, fin: end >= data.length });
    begin = end;
  } while (begin < data.length);
}

const modes = {
  '/': (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })),
  '/fragments': (ws, query) => ws.on('message', (data, isBinary) =>
    sendInFragments(ws, data, isBinary, Number(query.get('count')))),
  '/big': (ws, query) => {
    const size = Number(query.get('size'));
    if (query.get('type') === 'text') {
      ws.send('x'.repeat(size));
    } else {
      const data = Buffer.alloc(size);
      for (let i = 0; i < size; ++i) data[i] = i % 251;
      ws.send(data);
    }
  },
  '/ping': (ws, query) => {
    const payload = query.get('payload') || '';
    ws.on('pong', (data) => ws.send(data.toString() === payload ? 'pong' : `a pong with '${data}'`));
    ws.ping(payload);
  },
  '/close': (ws, query) => ws.close(Number(query.get('code') || 1000), query.get('reason') || ''),
  '/terminate': (ws) => ws.on('message', () => ws.terminate()),
};

const cert = option('--cert');
const server = cert
  ? https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(option('--key')) })
  : http.createServer();
const sockets = new WebSocketServer({ server, maxPayload: 0 });

sockets.on('connection', (ws, request) => {
  const url = new URL(request.url, 'ws://localhost');
  ws.on('close', (code, reason) => console.log(`closed ${code} ${reason}`));
  ws.on('error', (error) => console.error(error.message));
  const mode = modes[url.pathname];
  if (mode) mode(ws, url.searchParams);
  else ws.close(1008, 'no such path');
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
