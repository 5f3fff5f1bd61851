// Talking to the sandbox: what a person does goes out as POST, what happens comes in over one WebSocket.

export class Refused extends Error {}

export async function post(path, body) {
  return send(path, "application/json", JSON.stringify(body));
}

// Hands over a file that `person` chose. Gives what stands for it in the values of a command or a form.
export async function upload(person, file) {
  const about = new URLSearchParams({ as: person, name: file.name, type: file.type });
  const { upload: token } = await send(`upload?${about}`, "application/octet-stream", file);
  return { upload: token };
}

async function send(path, type, body) {
  let answer;
  try {
    answer = await fetch(`/api/${path}`, { method: "POST", headers: { "Content-Type": type }, body });
  } catch {
    throw new Refused("The sandbox does not answer. Is it still running?");
  }
  if (!answer.ok) throw new Refused("That did not go through. Look at the sandbox's terminal for the reason.");
  const result = await answer.json();
  if (result.refused) throw new Refused(result.refused);
  return result;
}

export async function getState(person) {
  const answer = await fetch(person ? `/api/state?as=${encodeURIComponent(person)}` : "/api/state");
  if (!answer.ok) throw new Refused("The sandbox does not answer.");
  return answer.json();
}

// Listens as `person` until closed; comes back by itself after a break, later each time, and then asks for all again.
export class Events {
  constructor(person, { onReady, onEvent, onBreak }) {
    Object.assign(this, { person, onReady, onEvent, onBreak, closed: false, delayMs: 300 });
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(`ws://${location.host}/api/events?as=${encodeURIComponent(this.person)}`);
    this.socket.addEventListener("message", ({ data }) => {
      if (this.closed) return;
      const event = JSON.parse(data);
      if (event.t === "ready") {
        this.delayMs = 300;
        this.onReady();
      } else this.onEvent(event);
    });
    this.socket.addEventListener("close", () => {
      if (this.closed) return;
      this.onBreak();
      setTimeout(() => this.closed || this.connect(), this.delayMs);
      this.delayMs = Math.min(this.delayMs * 2, 5000);
    });
  }

  close() {
    this.closed = true;
    this.socket.close();
  }
}
