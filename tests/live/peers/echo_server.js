// A WebSocket server on Node's ws. Prints its port on 127.0.0.1 as the first line, then
// 'closed CODE REASON' for each ended connection, from the server's point of view.
//
//     node echo_server.js [--port PORT] [--cert PEM --key PEM] [--deflate | --deflate-each]
//
// --deflate compresses each message, --deflate-each without memory of those before.
//
// The path selects the behaviour:
//     /                             sends each message back, with its type
//     /fragments?count=N            sends each message back in N fragments
//     /big?size=N&type=text|binary  sends one message of N bytes; byte i of a binary one is i % 251, a text is x's
//     /ping?payload=P               sends a ping, and the text 'pong' when it was answered
//     /close?code=C&reason=R        closes at once
//     /terminate                    resets the connection at the first message
//     /plan?steps=A,B,C             the first connection gets A, the next B, all from the third on C; a step is one
//                                   of echo, close:CODE:REASON, drop, STATUS (an upgrade refused),
//                                   STATUS:RETRY-AFTER, and 302:LOCATION
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
  '/plan': (ws, query, step) => {
    const [what, code, reason] = step.split(':');
    if (what === 'echo') modes['/'](ws);
    else if (what === 'drop') modes['/terminate'](ws);
    else ws.close(Number(code), reason || '');
  },
  '/terminate': (ws) => ws.on('message', () => ws.terminate()),
};

const connections = new Map();  // by path

// The step of the plan for this connection.
function nextStep(request) {
  const url = new URL(request.url, 'ws://localhost');
  if (url.pathname !== '/plan') return '';
  const steps = url.searchParams.get('steps').split(',');
  const number = connections.get(request.url) || 0;
  connections.set(request.url, number + 1);
  return steps[Math.min(number, steps.length - 1)];
}

function verifyClient({ req }, answer) {
  req.step = nextStep(req);
  const [status, ...detail] = req.step.split(':');
  if (!/^[0-9]+$/.test(status)) return answer(true);
  const name = status.startsWith('3') ? 'Location' : 'Retry-After';
  answer(false, Number(status), 'not today', detail.length ? { [name]: detail.join(':') } : {});
}

const cert = option('--cert');
const server = cert
  ? https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(option('--key')) })
  : http.createServer();
const forgets = process.argv.includes('--deflate-each');
const perMessageDeflate = (forgets || process.argv.includes('--deflate')) &&
  { threshold: 0, serverNoContextTakeover: forgets };
const sockets = new WebSocketServer({ server, maxPayload: 0, verifyClient, perMessageDeflate });

sockets.on('connection', (ws, request) => {
  const url = new URL(request.url, 'ws://localhost');
  ws.on('close', (code, reason) => console.log(`closed ${code} ${reason}`));
  ws.on('error', (error) => console.error(error.message));
  const mode = modes[url.pathname];
  if (mode) mode(ws, url.searchParams, request.step);
  else ws.close(1008, 'no such path');
});

server.listen(Number(option('--port') || 0), '127.0.0.1', () => console.log(server.address().port));
