import { once } from 'node:events';
import { connect } from 'node:net';

/** One keep-alive connection, one exchange at a time. */
export class Connection {
  #socket;
  #received = '';
  #settle = { resolve() {}, reject() {} };
  open = true;

  static async to(port) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket);
  }

  constructor(socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text) => this.#receive(text));
    socket.on('error', (error) => this.#settle.reject(error));
    socket.on('close', () => {
      this.open = false;
      this.#settle.reject(new Error('The server closed the connection.'));
    });
  }

  /** Sends a request; resolves when its response is complete, rejects if it is anything but 200. */
  exchange(request) {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(request);
    });
  }

  #receive(text) {
    this.#received += text;
    const end = endOfResponse(this.#received);
    if (end < 0) return;
    const response = this.#received;
    this.#received = response.slice(end);
    if (response.startsWith('HTTP/1.1 200')) this.#settle.resolve();
    else this.#settle.reject(new Error(response.slice(0, 200)));
  }
}

function endOfResponse(text) {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head + 2))?.[1];
  if (length === undefined) throw new Error('The benchmark expects responses with a content-length.');
  const end = head + 4 + Number(length);
  return text.length >= end ? end : -1;
}
