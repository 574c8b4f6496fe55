// One connection of a device, told what to do in lines of JSON on standard input:
//   {"id":1,"method":"SendMessage","request":{…}}
// Answers and whatever the server pushes go to standard output:
//   {"id":1,"result":{…}}   {"id":1,"refused":{"code":"…","text":"…"}}   {"id":1,"failed":"…"}   {"event":{"type":"message",…}}
// Usage: node client.mjs http://127.0.0.1:5000/ ws | json/WebSockets | json/ServerSentEvents | messagepack/LongPolling | …

import { createInterface } from 'node:readline';
import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';
import WebSocket from 'ws';

const events = ['welcome', 'message', 'ack', 'typing', 'presence', 'advanced', 'conversation', 'caughtUp', 'resync', 'goAway'];
const [server, door] = process.argv.slice(2);

const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const push = (frame) => write({ event: frame });

class Refused extends Error {
  constructor(code, text) {
    super(`${code}: ${text}`);
    this.refusal = { code, text };
  }
}

class HubDoor {
  async connect(token) {
    const [protocol, transport] = door.split('/');
    const builder = new HubConnectionBuilder()
      .withUrl(new URL('hub', server).href, { transport: HttpTransportType[transport], accessTokenFactory: () => token })
      .configureLogging(LogLevel.None);
    if (protocol === 'messagepack') builder.withHubProtocol(new MessagePackHubProtocol());
    this.hub = builder.build();
    for (const name of events) this.hub.on(name, (fields) => push({ ...fields, type: name }));
    await this.hub.start();
  }

  async call(method, request) {
    try {
      return await this.hub.invoke(method, request);
    } catch (error) {
      const refusal = /HubException: (\w+): (.*)$/s.exec(error.message);
      throw refusal ? new Refused(refusal[1], refusal[2]) : error;
    }
  }
}

class WebSocketDoor {
  // Which frame answers which; the others get none, so a ping behind them tells that they were handled.
  static frames = {
    SendMessage: ['message', 'ack'], Sync: ['sync', 'page'], Auth: ['auth', 'authenticated'],
    Ack: ['ack', 'pong'], Typing: ['typing', 'pong'], Presence: ['presence', 'pong'],
  };

  waiting = [];

  async connect(token) {
    this.socket = new WebSocket(new URL('ws', server), { headers: { Authorization: `Bearer ${token}` } });
    this.socket.on('message', (data) => this.receive(JSON.parse(data)));
    await new Promise((done, failed) => this.socket.once('open', done).once('error', failed));
  }

  call(method, request) {
    const [type, answer] = WebSocketDoor.frames[method];
    return new Promise((done, failed) => {
      this.waiting.push({ answer, clientMsgId: method === 'SendMessage' ? request.clientMsgId : undefined, done, failed });
      this.socket.send(JSON.stringify({ ...request, type }));
      if (answer === 'pong') this.socket.send('{"type":"ping"}');
    });
  }

  receive(frame) {
    const index = this.waiting.findIndex(({ answer, clientMsgId }) =>
      (frame.type === answer || frame.type === 'error') && frame.clientMsgId === clientMsgId && frame.userId === undefined);
    if (index < 0) return push(frame);
    const [{ done, failed }] = this.waiting.splice(index, 1);
    return frame.type === 'error' ? failed(new Refused(frame.code, frame.message)) : done(frame);
  }
}

const client = door === 'ws' ? new WebSocketDoor() : new HubDoor();

async function handle({ id, method, request }) {
  try {
    const result = method === 'Connect' ? await client.connect(request.token) : await client.call(method, request);
    write({ id, result: result ?? {} });
  } catch (error) {
    write(error instanceof Refused ? { id, refused: error.refusal } : { id, failed: error.message });
  }
}

// Each command starts in the order of its line; none waits for the one before.
createInterface({ input: process.stdin }).on('line', (line) => handle(JSON.parse(line))).on('close', () => process.exit());
