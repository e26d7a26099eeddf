// Watches what a client does at the token endpoint, from outside the provider: oidc-provider itself does
// not enforce a polling interval. Rules: CIBA Core 7.3 and 10.1.

// oidc-provider sends no `interval`, which means 5 seconds.
const INTERVAL_MS = 5000;
// A poll is early if it comes more than this before its time. Not zero, because the client measures from
// where it sends and this from where it receives; a client that ignores the interval is early by seconds.
const TOLERANCE_MS = 500;

// One login as the provider sees it, and what the client did about it.
class ObservedLogin {
  constructor(authReqId, params) {
    this.auth_req_id = authReqId;
    this.login_hint = params.login_hint;
    this.scope = params.scope;
    this.binding_message = params.binding_message;
    this.requested_expiry = params.requested_expiry;
    this.polls = 0;
    this.early_polls = 0;
    this.overlapping_polls = 0;
    this.polls_after_the_end = 0;
    this.ended = false;
    this.lastArrivedMs = performance.now();
    this.lastAnsweredMs = 0;
  }

  polled(arrivedMs, answeredMs, error) {
    this.polls += 1;
    if (arrivedMs - this.lastArrivedMs < INTERVAL_MS - TOLERANCE_MS) this.early_polls += 1;
    if (arrivedMs < this.lastAnsweredMs) this.overlapping_polls += 1;
    if (this.ended) this.polls_after_the_end += 1;
    if (error !== 'authorization_pending') this.ended = true;
    this.lastArrivedMs = arrivedMs;
    this.lastAnsweredMs = answeredMs;
  }
}

export class Observer {
  #logins = new Map();

  // Call it when the provider acknowledges a login.
  acknowledged(authReqId, params) {
    this.#logins.set(authReqId, new ObservedLogin(authReqId, params));
  }

  // Call it when a poll has been answered, with tokens (`error` is undefined) or an error. The times are those
  // of performance.now().
  polled(authReqId, arrivedMs, answeredMs, error) {
    this.#logins.get(authReqId)?.polled(arrivedMs, answeredMs, error);
  }

  // All logins, for a test to read.
  report() {
    return { logins: [...this.#logins.values()] };
  }
}
