// A conformance server that tests clients: each path is a case, and the client must echo all messages. Prints its port
// on 127.0.0.1 as the first line and the number of cases as the second. Then prints for each connection 'ok STATUS
// NAME', with the exit status that the client must have, or 'failed NAME: ...'.
//
//     node suite_server.js
//
// /case/N plays case N, from 0 on.
'use strict';
const http = require('http');
const { WebSocketServer } = require('ws');

/// A frame, byte by byte. `claimed` replaces the true length of the payload.
function frame(opcode, payload, { fin = true, rsv = 0, claimed } = {}) {
  const data = Buffer.from(payload);
  const length = claimed === undefined ? data.length : claimed;
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  let head;
  if (length < 126) {
    head = Buffer.from([first, length]);
  } else if (length < 65536) {
    head = Buffer.from([first, 126, length >> 8, length & 255]);
  } else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, data]);
}
const TEXT = 1, BINARY = 2, MORE = 0, CLOSE = 8, PING = 9;
const open = { fin: false };
const code = (value, reason = '') => Buffer.concat([Buffer.from([value >> 8, value & 255]), Buffer.from(reason)]);

const large = Buffer.alloc(16 << 20, 'x');
const numbers = [...Array(1000).keys()].map(String);

// sends: raw frames; echoes and pongs: what must come back; closes: the code that the client must end with, if it is
// to end by itself, in place of an answer to the server's 1000.
const cases = [
  { name: 'a text', sends: [frame(TEXT, 'Hello')], echoes: ['Hello'] },
  { name: 'empty messages', sends: [frame(TEXT, ''), frame(BINARY, '')], echoes: ['', Buffer.alloc(0)] },
  { name: 'lengths at the edges', sends: [125, 126, 65535, 65536].map((n) => frame(BINARY, Buffer.alloc(n, n & 255))),
    echoes: [125, 126, 65535, 65536].map((n) => Buffer.alloc(n, n & 255)) },
  { name: 'a text in fragments with a ping between',
    sends: [frame(TEXT, 'Hel', open), frame(PING, 'hi'), frame(MORE, 'lo')], echoes: ['Hello'], pongs: ['hi'] },
  { name: 'a character over two fragments',
    sends: [frame(TEXT, Buffer.from([0xe2, 0x82]), open), frame(MORE, Buffer.from([0xac]))], echoes: ['\u20ac'] },
  { name: 'ten pings', sends: numbers.slice(0, 10).map((n) => frame(PING, n)), pongs: numbers.slice(0, 10) },
  { name: 'a thousand texts', sends: numbers.map((n) => frame(TEXT, n)), echoes: numbers },
  { name: 'sixteen megabytes', sends: [frame(BINARY, large)], echoes: [large] },
  { name: 'a text that is not UTF-8', sends: [frame(TEXT, 'ok'), frame(TEXT, Buffer.from([0xff]))], echoes: ['ok'], closes: 1007 },
  { name: 'a text that is not UTF-8 before its end', sends: [frame(TEXT, Buffer.from([0x61, 0xc0]), open)], closes: 1007 },
  { name: 'a reserved opcode', sends: [frame(3, 'x')], closes: 1002 },
  { name: 'a reserved bit', sends: [frame(TEXT, 'x', { rsv: 4 })], closes: 1002 },
  { name: 'a continuation of nothing', sends: [frame(MORE, 'x')], closes: 1002 },
  { name: 'a ping of 126 bytes', sends: [frame(PING, Buffer.alloc(126))], closes: 1002 },
  { name: 'a message that is too large', sends: [frame(BINARY, 'x', { claimed: 65 << 20 })], closes: 1009 },
  { name: 'a close with a code that may not be', sends: [frame(CLOSE, code(1005))], closes: 1002 },
  { name: 'a close with half a code', sends: [frame(CLOSE, Buffer.from([3]))], closes: 1002 },
  { name: 'a close with a reason that is not UTF-8', sends: [frame(CLOSE, code(1000, Buffer.from([0xff])))], closes: 1007 },
  { name: 'a close with a code of its own', sends: [frame(TEXT, 'last'), frame(CLOSE, code(4321, 'bye'))], echoes: ['last'], closes: 4321, clean: true },
  { name: 'a close without code', sends: [frame(CLOSE, '')], closes: 1005, clean: true },
  { name: 'no close at all', sends: [frame(TEXT, 'last')], echoes: ['last'], cuts: true, closes: 1006 },
];

const equal = (a, b) => typeof a === typeof b && (typeof a === 'string' ? a === b : a.equals(b));
const same = (a, b) => a.length === b.length && a.every((one, i) => equal(one, b[i]));

function play(one, ws) {
  const echoes = [], pongs = [];
  const wanted = { echoes: one.echoes || [], pongs: one.pongs || [], closes: one.closes || 1000 };
  const step = () => {
    if (echoes.length < wanted.echoes.length || pongs.length < wanted.pongs.length) return;
    if (one.cuts) ws.terminate();
    else if (one.closes === undefined) ws.close(1000);
  };
  ws.on('message', (data, isBinary) => { echoes.push(isBinary ? data : data.toString()); step(); });
  ws.on('pong', (data) => { pongs.push(data.toString()); step(); });
  ws.on('error', (error) => console.log(`failed ${one.name}: the client broke the protocol: ${error.message}`));
  ws.on('close', (closed) => {
    const problems = [];
    if (!same(echoes, wanted.echoes)) problems.push(`${echoes.length} echoes, not those wanted`);
    if (!same(pongs, wanted.pongs)) problems.push(`pongs ${pongs}`);
    if (closed !== wanted.closes) problems.push(`closed with ${closed} in place of ${wanted.closes}`);
    const status = one.closes === undefined || one.clean ? 0 : 1;
    console.log(problems.length === 0 ? `ok ${status} ${one.name}` : `failed ${one.name}: ${problems.join('; ')}`);
  });
  for (const bytes of one.sends) ws._socket.write(bytes);
}

const server = http.createServer();
const sockets = new WebSocketServer({ server, maxPayload: 0 });
sockets.on('connection', (ws, request) => {
  const number = Number(request.url.split('/')[2]);
  if (request.url.startsWith('/case/') && number < cases.length) play(cases[number], ws);
  else ws.close(1008, 'no such case');
});
server.listen(0, '127.0.0.1', () => console.log(`${server.address().port}\n${cases.length}`));
