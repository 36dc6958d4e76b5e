// The page's line to the server. Any object with the same five members will do: a notebook widget has its own.

const RETRY_MS = [400, 1000, 2000, 4000];
const SAID = new Set([4401, 4408, 4429]); // why, in words
const REFUSED = new Set([1008, ...SAID]); // asking again is no use, or not wanted (idle)

// By its name the page finds its session again when the line broke.
const hello = (token, session) => JSON.stringify({ type: "hello", protocol: 1, token, session });

/** Says hello with the token, hands over messages and frames, reconnects when the line breaks. */
export function connect(token) {
  const listeners = { message: () => {}, frame: () => {}, status: () => {} };
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
  const session = crypto.randomUUID();
  let socket = null;
  let failures = 0;
  let closed = false;

  function open() {
    socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      failures = 0;
      socket.send(hello(token, session));
    };
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") return listeners.frame(data);
      const event = JSON.parse(data);
      if (event.type === "session") listeners.status(event.resumed ? "resumed" : "open");
      else listeners.message(event);
    };
    socket.onclose = (event) => {
      if (closed) return;
      const refused = REFUSED.has(event.code);
      listeners.status(refused ? "refused" : "lost", SAID.has(event.code) ? event.code : "refused");
      if (!refused) setTimeout(open, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
    };
  }
  open();

  return {
    onMessage(fn) {
      listeners.message = fn;
    },
    onFrame(fn) {
      listeners.frame = fn;
    },
    onStatus(fn) {
      listeners.status = fn;
    },
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    close() {
      closed = true;
      socket.close();
    },
  };
}
